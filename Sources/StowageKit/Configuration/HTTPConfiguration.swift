import ServiceRuntime

/// Where health and metrics are served.
package struct HTTPConfiguration: Sendable {
    /// A host to bind, an address in brackets without them.
    package var host = "127.0.0.1"
    /// 0: any free one.
    package var port: UInt16 = 9464
    /// A file with the token that requests must bring; `nil`: none is asked for.
    package var tokenFile: String?

    init(_ section: ConfigurationSection) {
        if let text = section.string("address") {
            if let (host, port) = Self.address(text) {
                self.host = host
                self.port = port
            } else {
                section.refuse("address", "must be host:port such as 127.0.0.1:9464 or [::1]:9464")
            }
        }
        tokenFile = section.absolutePath("tokenFile")
        section.finish()
    }

    private static func address(_ text: String) -> (String, UInt16)? {
        guard let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")) else { return nil }
        let digits = text.utf8[text.utf8.index(after: colon)...]
        guard !digits.isEmpty, digits.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(Substring(digits))
        else { return nil }
        var host = text.utf8[..<colon]
        if host.first == UInt8(ascii: "[") {
            guard host.last == UInt8(ascii: "]") else { return nil }
            host = host.dropFirst().dropLast()
        } else if host.contains(UInt8(ascii: ":")) {
            return nil
        }
        guard !host.isEmpty, host.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "/") }) else { return nil }
        return (String(Substring(host)), port)
    }
}
