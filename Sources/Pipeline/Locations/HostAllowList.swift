/// The hosts that tasks may name, and the addresses that may be connected to besides public ones; pure.
///
/// An entry is a name (`files.example.org`), all names below one (`*.example.org`), an address, or a range of
/// addresses (`10.0.0.0/8`); with a port it stands for that port only. Names are compared byte by byte, in lower case and
/// without the dot of the root.
package struct HostAllowList: Sendable, Equatable {
    enum Hosts: Sendable, Equatable {
        case name(String)
        /// Names that end in a dot and this.
        case below(String)
        case addresses(AddressRange)
    }

    package struct Entry: Sendable, Equatable {
        let hosts: Hosts
        /// `nil`: any.
        let port: Int?

        fileprivate func allows(port: Int) -> Bool { self.port == nil || self.port == port }
    }

    package var entries: [Entry]

    /// Without entries nothing is allowed.
    package init(_ entries: [Entry] = []) {
        self.entries = entries
    }

    package var isEmpty: Bool { entries.isEmpty }

    /// Whether a URL may name that host, as `TransferURL` gives it.
    ///
    /// Says nothing of the addresses that a name has.
    package func allows(host: String, port: Int) -> Bool {
        if let address = AddressRange.address(host) { return lists(address: address, port: port) }
        let name = host.last == "." ? String(host.dropLast()) : host
        return entries.contains { entry in
            guard entry.allows(port: port) else { return false }
            return switch entry.hosts {
            case .name(let listed): listed.utf8.elementsEqual(name.utf8)
            case .below(let domain): name.isBelow(domain)
            case .addresses: false
            }
        }
    }

    /// Whether that address (4 bytes or 16) is listed as one, whatever it is.
    package func lists(address: [UInt8], port: Int) -> Bool {
        entries.contains { entry in
            guard entry.allows(port: port), case .addresses(let range) = entry.hosts else { return false }
            return range.contains(address)
        }
    }

    /// Whether a connection to that address may be made: it is public or listed.
    package func allowsConnection(to address: [UInt8], port: Int) -> Bool {
        AddressPolicy.isPublic(address) || lists(address: address, port: port)
    }
}

extension String {
    /// Whether it has at least one more label in front of `domain`.
    fileprivate func isBelow(_ domain: String) -> Bool {
        let end = Array(("." + domain).utf8)
        return utf8.count > end.count && utf8.suffix(end.count).elementsEqual(end)
            && utf8.first != UInt8(ascii: ".")
    }
}
