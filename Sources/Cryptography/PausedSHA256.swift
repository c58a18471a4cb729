/// A SHA-256 that stopped after some bytes, to be gone on with anywhere: on another machine, with another library.
package struct PausedSHA256: Sendable, Equatable {
    /// The eight words of the state and the count, all big-endian; behind them the bytes of a block that is not full.
    package let bytes: [UInt8]
    /// How many bytes were taken.
    package let count: Int64

    private static let wordBytes = 32
    private static let headBytes = 40

    /// What `bytes` say; `nil`: no state of SHA-256 looks like that.
    package init?(bytes: [UInt8]) {
        guard bytes.count >= Self.headBytes, bytes.count < Self.headBytes + 64 else { return nil }
        let count = bytes[Self.wordBytes..<Self.headBytes].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        // FIPS 180-4 counts bits in 64 of them.
        guard count < 1 << 61, bytes.count == Self.headBytes + Int(count % 64) else { return nil }
        self.bytes = bytes
        self.count = Int64(count)
    }

    init(words: [UInt32], count: Int64, block: some Sequence<UInt8>) {
        var bytes: [UInt8] = []
        for word in words { withUnsafeBytes(of: word.bigEndian) { bytes += $0 } }
        withUnsafeBytes(of: UInt64(count).bigEndian) { bytes += $0 }
        self.bytes = bytes + block
        self.count = count
    }

    /// Eight words.
    var words: [UInt32] {
        stride(from: 0, to: Self.wordBytes, by: 4).map { start in
            bytes[start..<start + 4].reduce(0) { $0 << 8 | UInt32($1) }
        }
    }

    /// Fewer than 64 bytes.
    var block: ArraySlice<UInt8> { bytes[Self.headBytes...] }
}
