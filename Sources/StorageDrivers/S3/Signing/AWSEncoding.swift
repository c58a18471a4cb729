import Transfer

/// Percent-encoding as AWS wants it in paths and queries: all but `A-Z a-z 0-9 - . _ ~`, in upper-case digits.
enum AWSEncoding {
    /// The bytes of `text` in that form; `keepingSlash`: for paths, whose slashes part their segments.
    static func encode(_ text: String, keepingSlash: Bool) -> String {
        encode(text.utf8, keepingSlash: keepingSlash)
    }

    /// The same of bytes.
    static func encode(_ bytes: some Sequence<UInt8>, keepingSlash: Bool) -> String {
        PercentEncoding.encode(bytes, keepingSlash: keepingSlash)
    }
}
