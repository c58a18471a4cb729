/// The writes of one file that a server has been asked for and has not confirmed.
struct UploadWindow: Sendable {
    /// So many bytes may be on their way: more than OpenSSH's channels take at once, so that it is never we who wait first.
    static let most = 4 << 20

    let handle: [UInt8]
    let partBytes: Int
    /// Where the next byte goes.
    private(set) var offset: UInt64
    /// Nothing more is to be asked with the handle.
    var isClosed = false
    private var open: [(id: UInt32, bytes: Int)] = []
    private var first = 0
    private var openBytes = 0

    init(_ handle: [UInt8], at offset: UInt64, partBytes: Int) {
        self.handle = handle
        self.offset = offset
        self.partBytes = partBytes
    }

    /// The requests that write `bytes` behind all before them.
    mutating func requests(for bytes: [UInt8]) -> [SFTPRequest] {
        stride(from: 0, to: bytes.count, by: partBytes).map { start in
            let part = bytes[start..<min(start + partBytes, bytes.count)]
            defer { offset += UInt64(part.count) }
            return .write(handle, offset: offset, part)
        }
    }

    mutating func note(_ id: UInt32, _ request: SFTPRequest) {
        guard case .write(_, _, let data) = request else { return }
        open.append((id, data.count))
        openBytes += data.count
    }

    /// The answer that has to come before more may be sent; with `all` before the file is whole.
    mutating func awaited(all: Bool) -> UInt32? {
        guard first < open.count, all || openBytes > Self.most else { return nil }
        let (id, bytes) = open[first]
        first += 1
        openBytes -= bytes
        if first == open.count {
            open.removeAll(keepingCapacity: true)
            first = 0
        }
        return id
    }
}
