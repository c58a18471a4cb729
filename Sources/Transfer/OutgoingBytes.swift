/// The body of a request on its way: chunks in, as many bytes out as the connection takes; pure.
///
/// Where the size is known, exactly that many bytes pass. The last one is held back until the source has said that there
/// are no more: a source that has too many must not leave a whole object behind that is not what was meant.
struct OutgoingBytes {
    enum Step: Equatable {
        case bytes(Int)
        case end
        /// There is nothing now.
        case wait
        /// The source ended before its size.
        case short
    }

    /// Waiting.
    private(set) var count = 0
    private(set) var isEnded = false
    private let size: Int64?
    private var chunks: [[UInt8]] = []
    /// What of the first chunk has gone.
    private var offset = 0
    private var passed: Int64 = 0
    private var appended: Int64 = 0

    init(size: Int64? = nil) {
        self.size = size
    }

    /// Whether it has all been handed on.
    var isComplete: Bool { isEnded && count == 0 && (size == nil || passed == size) }

    /// More came than was said.
    var isTooLong: Bool { size.map { appended > $0 } ?? false }

    mutating func append(_ chunk: [UInt8]) {
        guard !chunk.isEmpty, !isEnded else { return }
        chunks.append(chunk)
        count += chunk.count
        appended += Int64(chunk.count)
    }

    mutating func end() { isEnded = true }

    /// Forgets what waits: nobody takes it any more.
    mutating func drop() {
        chunks = []
        count = 0
        offset = 0
    }

    mutating func take(into target: UnsafeMutableRawBufferPointer) -> Step {
        var room = target.count
        if let size {
            let heldBack: Int64 = isEnded ? 0 : 1
            room = Int(min(Int64(room), max(0, size - passed - heldBack)))
        }
        var taken = 0
        while taken < room, let first = chunks.first {
            let part = min(room - taken, first.count - offset)
            first.withUnsafeBytes { bytes in
                target.baseAddress.map { base in
                    (base + taken).copyMemory(from: bytes.baseAddress! + offset, byteCount: part)
                }
            }
            taken += part
            offset += part
            if offset == first.count {
                chunks.removeFirst()
                offset = 0
            }
        }
        count -= taken
        passed += Int64(taken)
        if taken > 0 { return .bytes(taken) }
        guard isEnded else { return .wait }
        if let size, passed < size { return .short }
        return .end
    }
}
