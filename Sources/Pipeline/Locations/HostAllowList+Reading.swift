package import ServiceRuntime

extension HostAllowList.Entry {
    private static let kinds =
        "must be a host such as files.example.org, *.example.org, 10.0.0.7:8080, [fd00::7]:8080 or 10.0.0.0/8"

    /// Reads an entry of the configuration, or says what is wrong as the rest of a sentence.
    package static func read(_ text: String) -> Result<Self, ConfigurationSection.Unfit> {
        if text.utf8.contains(UInt8(ascii: "/")) || text.utf8.count(where: { $0 == UInt8(ascii: ":") }) > 1 {
            return addresses(text)
        }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let port: Int?
        switch Self.port(parts.dropFirst().first) {
        case .success(let number): port = number
        case .failure(let unfit): return .failure(unfit)
        }
        let host = String(parts[0])
        if let range = AddressRange(host) { return .success(Self(hosts: .addresses(range), port: port)) }
        let isBelow = host.hasPrefix("*.")
        return name(isBelow ? String(host.dropFirst(2)) : host).map { name in
            Self(hosts: isBelow ? .below(name) : .name(name), port: port)
        }
    }

    /// A range, or an address of IPv6, in brackets where a port follows.
    private static func addresses(_ text: String) -> Result<Self, ConfigurationSection.Unfit> {
        var address = text
        var port: Int?
        if text.utf8.first == UInt8(ascii: "[") {
            let parts = text.dropFirst().split(separator: "]", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, parts[1].isEmpty || parts[1].first == ":", !parts[0].contains("/") else {
                return .failure(.init(kinds))
            }
            switch Self.port(parts[1].isEmpty ? nil : parts[1].dropFirst()) {
            case .success(let number): port = number
            case .failure(let unfit): return .failure(unfit)
            }
            address = String(parts[0])
        }
        if let range = AddressRange(address) { return .success(Self(hosts: .addresses(range), port: port)) }
        let parts = address.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, AddressRange.address(String(parts[0])) != nil else { return .failure(.init(kinds)) }
        return .failure(.init("must be a range such as 10.0.0.0/8, with no bit set behind its length"))
    }

    private static func port(_ text: Substring?) -> Result<Int?, ConfigurationSection.Unfit> {
        guard let text else { return .success(nil) }
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = Int(text), (1...65_535).contains(port)
        else { return .failure(.init("must have a port between 1 and 65535 behind its colon")) }
        return .success(port)
    }

    private static func name(_ text: String) -> Result<String, ConfigurationSection.Unfit> {
        guard text.utf8.allSatisfy({ $0 < 0x80 }) else {
            return .failure(.init("must be written in ASCII: names in other scripts begin with xn--"))
        }
        let lower = text.lowercased()
        let name = lower.last == "." ? String(lower.dropLast()) : lower
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        let areLabels = labels.allSatisfy { label in
            (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                && label.utf8.allSatisfy(isNameCharacter)
        }
        guard areLabels, name.utf8.count <= 253, let last = labels.last else { return .failure(.init(kinds)) }
        // `127.1` and `0x7f.1` are addresses too, to some.
        if last.utf8.allSatisfy({ (0x30...0x39).contains($0) }) || last.hasPrefix("0x") {
            return .failure(.init("must be a name, or an address of four decimal numbers"))
        }
        return .success(name)
    }

    private static func isNameCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
        }
    }
}
