import Glibc

/// Addresses that have their first bits in common: `10.0.0.0/8`, or a single one; pure.
///
/// An address of IPv4 that is written as one of IPv6 (`::ffff:10.0.0.7`) is what it means.
package struct AddressRange: Sendable, Equatable {
    /// 4 bytes or 16, in network order.
    let bytes: [UInt8]
    /// How many of the bits count; those behind them are zero.
    let bits: Int

    /// `nil` where bits behind the first `bits` are set.
    init?(bytes: [UInt8], bits: Int) {
        guard (0...bytes.count * 8).contains(bits) else { return nil }
        self.bytes = bytes
        self.bits = bits
        for index in bytes.indices where bytes[index] & ~mask(of: index) != 0 { return nil }
    }

    /// Reads `10.0.0.0/8`, `fd00::/8`, `10.0.0.7` or `fd00::7`; `nil`: it is none of them, or has bits behind its length.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = Self.plainAddress(String(parts[0])) else { return nil }
        var bits = address.count * 8
        if parts.count > 1 {
            guard parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                parts[1].utf8.first != 0x30 || parts[1] == "0",
                let written = Int(parts[1])
            else { return nil }
            bits = written
        }
        let mapped = Self.unmapped(address)
        if mapped.count != address.count { bits -= 96 }
        self.init(bytes: mapped, bits: bits)
    }

    package func contains(_ address: [UInt8]) -> Bool {
        address.count == bytes.count && bytes.indices.allSatisfy { address[$0] & mask(of: $0) == bytes[$0] }
    }

    /// Which bits of that byte count.
    private func mask(of index: Int) -> UInt8 {
        let counting = min(max(bits - index * 8, 0), 8)
        return counting == 0 ? 0 : UInt8.max << (8 - counting)
    }

    /// The bytes of an address in its standard notation (four decimal numbers, or RFC 4291); `nil`: a name.
    package static func address(_ text: String) -> [UInt8]? { plainAddress(text).map(unmapped) }

    private static func plainAddress(_ text: String) -> [UInt8]? {
        // The functions read only as far as the first zero.
        guard !text.utf8.contains(0) else { return nil }
        for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: count)
            if inet_pton(family, text, &bytes) == 1 { return bytes }
        }
        return nil
    }

    private static func unmapped(_ bytes: [UInt8]) -> [UInt8] {
        let isMapped =
            bytes.count == 16 && bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
        return isMapped ? Array(bytes[12...]) : bytes
    }
}
