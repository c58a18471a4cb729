/// Cuts a stream of bytes into packets.
struct PacketAssembly {
    /// What is taken at most: OpenSSH sends no more than 256 KiB, and memory is not the server's to spend.
    static let longest = 1 << 20

    /// The stream is none of packets.
    struct Malformed: Error {}

    private var head: [UInt8] = [0, 0, 0, 0]
    private var packet: [UInt8]?
    private var count = 0

    /// The next packet without its length; `nil`: more bytes have to come first.
    ///
    /// `read` puts bytes into the memory and returns how many, 0 where there are none now.
    mutating func next(_ read: (UnsafeMutableRawBufferPointer) -> Int) throws(Malformed) -> [UInt8]? {
        if packet == nil {
            guard Self.fill(&head, &count, read) else { return nil }
            let length = head.reduce(0) { $0 << 8 | Int($1) }
            guard (1...Self.longest).contains(length) else { throw Malformed() }
            packet = [UInt8](repeating: 0, count: length)
            count = 0
        }
        guard var bytes = packet.take() else { return nil }
        guard Self.fill(&bytes, &count, read) else {
            packet = bytes
            return nil
        }
        count = 0
        return bytes
    }

    /// Whether `bytes` is full; the first `count` are there.
    private static func fill(
        _ bytes: inout [UInt8], _ count: inout Int, _ read: (UnsafeMutableRawBufferPointer) -> Int
    ) -> Bool {
        bytes.withUnsafeMutableBytes { memory in
            while count < memory.count {
                let got = read(UnsafeMutableRawBufferPointer(rebasing: memory[count...]))
                guard got > 0 else { return false }
                count += got
            }
            return true
        }
    }
}
