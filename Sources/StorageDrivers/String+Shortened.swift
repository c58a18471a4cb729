extension String {
    /// As much as is fit for an error: a server may say anything.
    var shortened: String {
        let printable = unicodeScalars.prefix(200).filter { $0.value >= 0x20 && $0.value != 0x7F }
        return String(String.UnicodeScalarView(printable))
    }
}
