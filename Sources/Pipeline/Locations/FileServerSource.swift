import Cryptography
import Sharing
import Storage
import StowageContract
import Transfer

/// A URL of `ftp`, `ftps` or `sftp` as a source.
struct FileServerSource: ArchiveSource {
    /// Who writes a file within the server's unit of time after it was looked at leaves it looking the same.
    private static let settledAfterMilliseconds: Int64 = 60_000

    let location: Location
    let locations: Locations
    let limit: Duration
    let meter: TransferMeter?

    func open() async throws(StorageError) -> any ArchiveBody {
        let path = try location.url.filePath()
        let server = try await locations.connect(location, limit: limit, at: .source)
        do throws(StorageError) {
            meter?.worked()
            guard let entry = try await server.status(path), !entry.isFolder else {
                throw StorageError(.notFound, .permanent, "there is no such file", at: .source)
            }
            let body = try await server.read(path, range: nil)
            let plain = FileServerBody(body, server, path, entry, of: location)
            guard server.facts.readsRanges, let modified = entry.modified,
                modified.millisecondsSinceEpoch
                    <= locations.now.millisecondsSinceEpoch - Self.settledAfterMilliseconds
            else { return plain }
            return FileServerSeekableBody(plain, modified: modified)
        } catch {
            await server.close()
            throw error.moved(to: .source).with("server", location.url.server)
        }
    }
}

/// The bytes of a file on a server that was connected to for them.
final class FileServerBody: ArchiveBody {
    let location: Location
    let entry: FileEntry
    private let server: any FileServer
    private let path: String
    private let current: Guarded<(any ArchiveBody)?>

    init(
        _ body: any ArchiveBody, _ server: any FileServer, _ path: String, _ entry: FileEntry, of location: Location
    ) {
        self.server = server
        self.path = path
        self.entry = entry
        self.location = location
        current = Guarded(body)
    }

    var size: Int64? { entry.size }

    func next() async throws(StorageError) -> [UInt8]? {
        guard let body = current.withLock({ $0 }) else {
            throw StorageError(.unexpected, .permanent, "a source was read that could not be opened", at: .source)
        }
        do throws(StorageError) {
            return try await body.next()
        } catch {
            throw located(error)
        }
    }

    /// Lets the next chunk begin at `offset`, of the same file still.
    func seek(to offset: Int64) async throws(StorageError) {
        if let body = current.withLock({ $0.take() }) { await body.close() }
        do throws(StorageError) {
            guard try await server.status(path) == entry else {
                throw StorageError(
                    .unavailable, .transient(after: nil), "the file has changed since it was first read", at: .source)
            }
            let body: any ArchiveBody =
                offset < entry.size ? try await server.read(path, range: offset..<entry.size) : BytesBody([])
            current.withLock { $0 = body }
        } catch {
            throw located(error)
        }
    }

    func close() async {
        if let body = current.withLock({ $0.take() }) { await body.close() }
        await server.close()
    }

    private func located(_ error: StorageError) -> StorageError {
        error.moved(to: .source).with("server", location.url.server)
    }
}

/// One that can be gone on with: its server tells when the file was written.
final class FileServerSeekableBody: SeekableBody {
    let identity: String
    private let body: FileServerBody

    init(_ body: FileServerBody, modified: Timestamp) {
        self.body = body
        let url = SHA256Hasher.digest(of: Array(body.location.url.exposed.utf8)).hexadecimal
        identity = ["url", url, modified.text, String(body.entry.size)].joined(separator: "\n")
    }

    var size: Int64? { body.size }

    func next() async throws(StorageError) -> [UInt8]? { try await body.next() }

    func seek(to offset: Int64) async throws(StorageError) { try await body.seek(to: offset) }

    func close() async { await body.close() }
}
