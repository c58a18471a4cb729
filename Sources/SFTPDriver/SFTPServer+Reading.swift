package import Storage
import StowageContract

extension SFTPServer {
    package func read(_ path: String, range: Range<Int64>?) async throws(StorageError) -> any ArchiveBody {
        let wire = try wire(path)
        let connection = try await pool.take()
        do throws(StorageError) {
            let (window, size) = try await connection.turn(changes: false) { link throws(SFTPFailure) in
                try link.begin(wire, range)
            }
            return SFTPBody(window, size: size, connection, pool)
        } catch {
            pool.give(connection)
            throw error
        }
    }
}

extension SFTPLink {
    /// Opens a file and asks for its first bytes; returns how many come in all.
    mutating func begin(_ path: String, _ range: Range<Int64>?) throws(SFTPFailure) -> (DownloadWindow, Int64) {
        let handle = try open(path, .read)
        do throws(SFTPFailure) {
            guard case .attributes(let attributes) = try call(.statusOfHandle(handle)), let size = attributes.size,
                size <= UInt64(Int64.max)
            else { throw .malformed(call: "fstat") }
            // OpenSSH opens folders too, and fails when they are read.
            if attributes.kind == .folder { throw .refused(SFTPStatus(code: SFTPStatus.noSuchFile), call: "open") }
            let lower = UInt64(range?.lowerBound ?? 0)
            let upper = range.map { UInt64($0.upperBound) } ?? size
            guard upper <= size else { throw .endedEarly }
            var window = DownloadWindow(handle, lower..<upper, partBytes: limits.readBytes)
            try ask(&window)
            return (window, Int64(upper - lower))
        } catch {
            if !error.breaksConnection { _ = try call(.close(handle)) }
            throw error
        }
    }

    /// The next bytes: at least one piece, and what else has come, up to `most`.
    mutating func read(_ window: inout DownloadWindow, most: Int) throws(SFTPFailure) -> [UInt8] {
        var bytes: [UInt8] = []
        while let id = window.awaited, bytes.count + limits.readBytes <= most || bytes.isEmpty {
            let answer: SFTPReply
            if bytes.isEmpty {
                answer = try reply(to: id, "read")
            } else if let now = try replyNow(to: id, "read") {
                answer = now
            } else {
                break
            }
            let (step, again) = window.take(answer)
            switch step {
            case .bytes(let more): bytes += more
            case .endedEarly: throw .endedEarly
            case .refused(let status): throw .refused(status, call: "read")
            case .malformed: throw .malformed(call: "read")
            }
            if let again { window.note(try send(again), again) }
            try ask(&window)
        }
        try flush()
        return bytes
    }

    private mutating func ask(_ window: inout DownloadWindow) throws(SFTPFailure) {
        let requests = window.requests()
        guard !requests.isEmpty else { return }
        for (id, request) in zip(try send(requests), requests) { window.note(id, request) }
    }

    /// Takes what is on its way, which nobody wants, and closes the file.
    mutating func end(_ window: DownloadWindow) throws(SFTPFailure) {
        let id = try send(.close(window.handle))
        for id in window.open { _ = try reply(to: id, "read") }
        _ = try reply(to: id, "close")
    }
}
