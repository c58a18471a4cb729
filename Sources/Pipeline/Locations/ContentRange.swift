/// Which part of what a server has sent (`Content-Range: bytes 10-19/20`); pure.
struct ContentRange: Equatable {
    var first: Int64
    var last: Int64
    /// `nil`: the server does not know.
    var total: Int64?
}

extension ContentRange {
    /// `nil`: it is none, or contradicts itself.
    init?(_ text: String) {
        guard text.lowercased().hasPrefix("bytes ") else { return nil }
        let parts = text.dropFirst(6).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        let bounds = parts[0].split(separator: "-", omittingEmptySubsequences: false)
        guard bounds.count == 2, let first = Int64(digits: bounds[0]), let last = Int64(digits: bounds[1]),
            first <= last
        else { return nil }
        self.first = first
        self.last = last
        if parts[1] == "*" { return }
        guard let total = Int64(digits: parts[1]), last < total else { return nil }
        self.total = total
    }
}

extension Int64 {
    /// Digits and nothing else.
    init?(digits text: some StringProtocol) {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int64(text) else {
            return nil
        }
        self = number
    }
}
