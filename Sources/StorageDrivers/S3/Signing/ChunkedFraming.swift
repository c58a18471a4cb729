/// Bytes in, the frames of `aws-chunked` out; pure.
struct ChunkedFraming: ~Copyable {
    private let chunkBytes: Int
    private var signer: ChunkSigner?
    private var checksum: RunningChecksum?
    /// Come and, from `start` on, not gone.
    private var waiting: [UInt8] = []
    private var start = 0
    /// Bytes that came.
    private(set) var taken: Int64 = 0
    private(set) var isOver = false

    init(chunkBytes: Int, signer: ChunkSigner) {
        self.chunkBytes = chunkBytes
        self.signer = signer
        self.checksum = nil
    }

    init(chunkBytes: Int, trailer: TrailingChecksum) {
        self.chunkBytes = chunkBytes
        self.signer = nil
        self.checksum = RunningChecksum(trailer)
    }

    mutating func take(_ bytes: [UInt8]) {
        checksum?.update(bytes)
        taken += Int64(bytes.count)
        if start == waiting.count {
            waiting = bytes
        } else {
            waiting.removeFirst(start)
            waiting += bytes
        }
        start = 0
    }

    /// The next whole chunk; `nil`: more has to come first.
    mutating func next() -> [UInt8]? {
        guard waiting.count - start >= chunkBytes else { return nil }
        defer { start += chunkBytes }
        return framed(waiting[start..<start + chunkBytes])
    }

    /// What is left, the last chunk and what follows it; to be called once, when `next` has no more.
    mutating func end() -> [UInt8] {
        var frames = start < waiting.count ? framed(waiting[start...]) : []
        frames += framed([])
        if let line = checksum?.line { frames += line.utf8 }
        frames += "\r\n".utf8
        waiting = []
        start = 0
        isOver = true
        return frames
    }

    /// One chunk; the one without bytes is the last, and lets trailers follow.
    private mutating func framed(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var frame: [UInt8] = []
        frame.reserveCapacity(bytes.count + 256)
        frame += String(bytes.count, radix: 16).utf8
        if let signature = bytes.withUnsafeBytes({ signer?.sign($0) }) {
            frame += ";chunk-signature=\(signature)".utf8
        }
        frame += "\r\n".utf8
        frame += bytes
        if !bytes.isEmpty { frame += "\r\n".utf8 }
        return frame
    }

    /// What a body of `size` bytes becomes.
    static func encodedLength(of size: Int64, chunkBytes: Int, isSigned: Bool, trailer: TrailingChecksum?) -> Int64 {
        func framed(_ count: Int64) -> Int64 {
            let signature = isSigned ? ";chunk-signature=".utf8.count + 64 : 0
            return Int64(String(count, radix: 16).utf8.count + signature + 4) + count
        }
        let (whole, rest) = size.quotientAndRemainder(dividingBy: Int64(chunkBytes))
        let line = trailer.map { $0.trailer.utf8.count + 1 + ($0.byteCount + 2) / 3 * 4 + 2 } ?? 0
        return whole * framed(Int64(chunkBytes)) + (rest > 0 ? framed(rest) : 0) + framed(0) + Int64(line)
    }
}
