/// An address that a name was resolved to; one of IPv4 that is written as IPv6 counts as what it is.
package struct TransferAddress: Sendable, Equatable, CustomStringConvertible {
    /// 4 bytes or 16, in network order.
    package let bytes: [UInt8]
    package let port: Int

    package init(bytes: [UInt8], port: Int) {
        let isMapped =
            bytes.count == 16 && bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
        self.bytes = isMapped ? Array(bytes[12...]) : bytes
        self.port = port
    }

    package var isIPv4: Bool { bytes.count == 4 }

    package var description: String {
        if isIPv4 { return bytes.map(String.init).joined(separator: ".") + ":\(port)" }
        let groups = stride(from: 0, to: bytes.count - 1, by: 2).map { index in
            String(UInt16(bytes[index]) << 8 | UInt16(bytes[index + 1]), radix: 16)
        }
        return "[\(groups.joined(separator: ":"))]:\(port)"
    }
}
