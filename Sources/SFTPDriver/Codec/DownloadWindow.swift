/// The reads of one file that a server has been asked for and whose bytes nobody has got yet.
struct DownloadWindow: Sendable {
    /// What an answer to the oldest read means.
    enum Step: Sendable, Equatable {
        case bytes(ArraySlice<UInt8>)
        /// The file ends before what was asked for.
        case endedEarly
        case refused(SFTPStatus)
        /// No answer to a read.
        case malformed
    }

    private struct Asked {
        var id: UInt32
        var offset: UInt64
        var count: Int
    }

    /// Who reads little shall not be sent much: so many requests at first, twice as many after every answer.
    private static let firstWidth = 2
    /// About 4 MiB on their way, at most, and that many requests.
    private static let mostBytes = 4 << 20
    private static let mostRequests = 128

    let handle: [UInt8]
    private let partBytes: Int
    private let end: UInt64
    private var position: UInt64
    private var next: UInt64
    private var asked: [Asked] = []
    private var width = firstWidth
    private let widest: Int

    init(_ handle: [UInt8], _ range: Range<UInt64>, partBytes: Int) {
        self.handle = handle
        self.partBytes = partBytes
        (position, next, end) = (range.lowerBound, range.lowerBound, range.upperBound)
        widest = max(Self.firstWidth, min(Self.mostRequests, Self.mostBytes / partBytes))
    }

    /// Whether every byte has come.
    var isComplete: Bool { position == end }

    /// The read whose answer comes next.
    var awaited: UInt32? { asked.first?.id }

    /// All that wait for an answer.
    var open: [UInt32] { asked.map(\.id) }

    /// What can be asked for now.
    mutating func requests() -> [SFTPRequest] {
        var requests: [SFTPRequest] = []
        while asked.count + requests.count < width, next < end {
            let count = Int(min(UInt64(partBytes), end - next))
            requests.append(.read(handle, offset: next, count: UInt32(count)))
            next += UInt64(count)
        }
        return requests
    }

    mutating func note(_ id: UInt32, _ request: SFTPRequest) {
        guard case .read(_, let offset, let count) = request else { return }
        let entry = Asked(id: id, offset: offset, count: Int(count))
        // The rest of a short answer comes before all that was asked for later.
        if offset == position, asked.first.map({ $0.offset > offset }) ?? false {
            asked.insert(entry, at: 0)
        } else {
            asked.append(entry)
        }
    }

    /// Takes the answer to the oldest read; after a short one `again` is to be sent.
    mutating func take(_ reply: SFTPReply) -> (step: Step, again: SFTPRequest?) {
        guard !asked.isEmpty else { return (.malformed, nil) }
        let oldest = asked.removeFirst()
        switch reply {
        case .data(let bytes):
            guard !bytes.isEmpty, bytes.count <= oldest.count else { return (.malformed, nil) }
            position += UInt64(bytes.count)
            width = min(widest, width * 2)
            guard bytes.count < oldest.count else { return (.bytes(bytes), nil) }
            return (
                .bytes(bytes),
                .read(handle, offset: position, count: UInt32(oldest.count - bytes.count))
            )
        case .status(let status):
            if status.code == SFTPStatus.end { return (.endedEarly, nil) }
            return (status.code == SFTPStatus.ok ? .malformed : .refused(status), nil)
        default: return (.malformed, nil)
        }
    }
}
