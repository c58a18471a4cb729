import CCurl

/// The library as a whole.
enum CurlLibrary {
    /// What its set-up said; done once, by whoever comes first.
    static let status = curl_global_init(Int(CURL_GLOBAL_ALL))
}
