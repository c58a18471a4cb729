/// Which addresses anybody on the internet might have; pure.
package enum AddressPolicy {
    /// Of IPv4: special purposes (IANA's registry, RFC 6890), and hosts of clouds that tell secrets to their machines.
    private static let special = ranges(
        "0.0.0.0/8", "10.0.0.0/8",
        // Shared by carriers; metadata of Alibaba's cloud.
        "100.64.0.0/10", "127.0.0.0/8",
        // Link-local; metadata of most clouds.
        "169.254.0.0/16",
        // The host of a virtual machine in Azure's cloud.
        "168.63.129.16", "172.16.0.0/12",
        // Assignments of the IETF; metadata of Oracle's cloud.
        "192.0.0.0/24", "192.0.2.0/24",
        // Relays of 6to4.
        "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        // Multicast, reserved, broadcast.
        "224.0.0.0/4", "240.0.0.0/4")

    /// The only part of IPv6 that is given out: all that is local, mapped or multicast lies outside.
    private static let globalUnicast = ranges("2000::/3")

    private static let specialWithin = ranges(
        // Teredo, benchmarks, identifiers that are no addresses.
        "2001::/23",
        // Documentation.
        "2001:db8::/32", "3fff::/20",
        // 6to4, 6bone.
        "2002::/16", "3ffe::/16")

    /// Addresses of IPv4 behind a translator (RFC 6052).
    private static let translated = ranges("64:ff9b::/96")

    /// Whether an address, 4 bytes or 16, is neither private nor special.
    package static func isPublic(_ address: [UInt8]) -> Bool {
        if address.count == 4 { return !special.contains { $0.contains(address) } }
        if translated.contains(where: { $0.contains(address) }) { return isPublic(Array(address.suffix(4))) }
        return globalUnicast.contains { $0.contains(address) } && !specialWithin.contains { $0.contains(address) }
    }

    private static func ranges(_ texts: String...) -> [AddressRange] {
        texts.map { text in
            guard let range = AddressRange(text) else { preconditionFailure("\(text) is no range of addresses") }
            return range
        }
    }
}
