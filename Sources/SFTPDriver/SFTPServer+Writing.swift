package import Storage
import StowageContract

extension SFTPServer {
    package func upload(
        _ path: String, at offset: Int64, size: Int64?, from body: any ArchiveBody
    ) async throws(StorageError) {
        _ = try await upload(path, at: offset, from: body, Ending())
    }

    package func upload(
        _ path: String, at offset: Int64, size: Int64?, from body: any ArchiveBody, asking question: FileServerQuestion
    ) async throws(StorageError) -> FileServerAnswer {
        guard case .size = question else {
            throw StorageError(.unsupported, .permanent, "the server computes no digests")
        }
        return FileServerAnswer(try await upload(path, at: offset, from: body, Ending(asksSize: true)))
    }

    package func stage(
        _ path: String, _ bytes: [UInt8], making folder: String
    ) async throws(StorageError) -> (answer: FileServerAnswer, isMade: Bool) {
        let ending = Ending(asksSize: true, folder: try wire(folder))
        let sent = try await upload(path, at: 0, from: BytesBody(bytes), ending)
        return (FileServerAnswer(sent), sent.isMade)
    }

    private func upload(
        _ path: String, at offset: Int64, from body: any ArchiveBody, _ ending: Ending
    ) async throws(StorageError) -> UploadState {
        let wire = try wire(path)
        // Before a connection is taken: none waits for a source that has to be opened.
        var chunk = try await Chunk.gather(body)
        return try await pool.with { connection throws(StorageError) in
            var sent = try await send(chunk, ending, on: connection) { link throws(SFTPFailure) in
                try link.begin(wire, at: UInt64(offset))
            }
            while !chunk.isLast {
                do throws(StorageError) {
                    chunk = try await Chunk.gather(body)
                } catch {
                    let open = sent.window
                    _ = try? await connection.turn(changes: true) { link throws(SFTPFailure) in
                        var open = open
                        try link.abandon(&open)
                    }
                    throw error
                }
                let open = sent.window
                sent = try await send(chunk, ending, on: connection) { _ throws(SFTPFailure) in open }
            }
            return sent
        }
    }

    /// Writes a chunk behind what `window` says, with the last one the end; closes the file where it fails.
    private func send(
        _ chunk: Chunk, _ ending: Ending, on connection: SFTPConnection,
        to window: @escaping @Sendable (inout SFTPLink) throws(SFTPFailure) -> UploadWindow
    ) async throws(StorageError) -> UploadState {
        let (root, flushes) = (try wire(""), greeting.flushes)
        return try await connection.turn(changes: true) { link throws(SFTPFailure) in
            var open: UploadWindow?
            do throws(SFTPFailure) {
                var sent = UploadState(window: try window(&link))
                open = sent.window
                defer { open = sent.window }
                try link.write(chunk.bytes, &sent.window)
                guard chunk.isLast else { return sent }
                sent.size = try link.finish(&sent.window, flushes: flushes, asksSize: ending.asksSize)
                if let folder = ending.folder { sent.isMade = try link.makes(folder) }
                return sent
            } catch {
                guard !error.breaksConnection else { throw error }
                // Looked at first: when the file is closed others may have made room.
                let reason = link.explained(error, making: nil, in: root)
                if var open { try link.abandon(&open) }
                throw reason
            }
        }
    }
}

/// What comes behind the last byte.
private struct Ending: Sendable {
    var asksSize = false
    /// Made then, where it is not there.
    var folder: String?
}

/// How far an upload has come.
private struct UploadState: Sendable {
    var window: UploadWindow
    var size: UInt64?
    var isMade = false
}

extension FileServerAnswer {
    fileprivate init(_ sent: UploadState) {
        self = sent.size.map { .size(Int64(clamping: $0)) } ?? .nothing
    }
}

extension SFTPLink {
    /// Whether this call has made a folder; why it has not is for another one to find out.
    fileprivate mutating func makes(_ folder: String) throws(SFTPFailure) -> Bool {
        do throws(SFTPFailure) {
            try order(.makeFolder(folder))
            return true
        } catch {
            guard case .refused = error else { throw error }
            return false
        }
    }
}

/// A piece of a body on its way to a thread, large enough that the turn costs little.
private struct Chunk: Sendable {
    private static let enough = 1 << 19

    var bytes: [UInt8] = []
    var isLast = false

    static func gather(_ body: any ArchiveBody) async throws(StorageError) -> Chunk {
        var chunk = Chunk()
        while chunk.bytes.count < enough {
            guard let more = try await body.next() else {
                chunk.isLast = true
                break
            }
            if chunk.bytes.isEmpty { chunk.bytes = more } else { chunk.bytes += more }
        }
        return chunk
    }
}
