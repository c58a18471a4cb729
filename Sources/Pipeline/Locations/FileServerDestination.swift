import Cryptography
import ServiceRuntime
import Sharing
import Storage
import StowageContract
import Transfer

/// A URL of `ftp`, `ftps` or `sftp` to which an archive goes.
///
/// It is sent under another name beside it, and gets its own once it is whole and right; nothing is replaced.
struct FileServerDestination: LocationDestination {
    let location: Location
    let locations: Locations
    let limit: Duration

    func put(_ body: any ArchiveBody, size: Int64, hashes: Bool) async throws(StorageError) -> SHA256Digest? {
        let path = try location.url.filePath()
        let server = try await locations.connect(location, limit: limit, at: .destination)
        do throws(StorageError) {
            let digest = try await put(body, size, hashes, path, server)
            await server.close()
            return digest
        } catch {
            await server.close()
            throw error.place == .destination ? error.with("server", location.url.server) : error
        }
    }

    private func put(
        _ body: any ArchiveBody, _ size: Int64, _ hashes: Bool, _ path: String, _ server: any FileServer
    ) async throws(StorageError) -> SHA256Digest? {
        let folder = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path[...$0] } ?? ""
        let staged = folder + RecordName.reserved + "-" + RandomBytes.hexadecimal(16)
        let passing = PassingBody(body, hashes: hashes)
        do throws(StorageError) {
            // Asked before, so that nothing is sent in vain, and by the move again.
            try await checkAbsent(path, server)
            try await server.upload(staged, at: 0, size: size, from: passing)
            let kept = try await server.status(staged)?.size
            guard kept == size else {
                throw StorageError(
                    .integrityMismatch, .transient(after: nil), "the server keeps another number of bytes than it took",
                    at: .destination,
                    context: ["expected": String(size), "actual": kept.map { String($0) } ?? "none"])
            }
            try await checkAbsent(path, server)
            try await server.move(staged, to: path, replacing: false)
            return passing.digest
        } catch {
            // What the body threw came before anything was moved.
            let failure = passing.failure
            if failure != nil || !error.isAmbiguous { await shielded { _ = try? await server.remove(staged) } }
            throw failure ?? error.moved(to: .destination)
        }
    }

    private func checkAbsent(_ path: String, _ server: any FileServer) async throws(StorageError) {
        guard try await server.status(path) == nil else {
            throw StorageError(.conflict, .permanent, "something stands at the destination", at: .destination)
        }
    }
}

/// The bytes of an archive, their digest taken as they pass, and how they ended.
private final class PassingBody: ArchiveBody {
    private struct State: ~Copyable {
        var hasher: SHA256Hasher?
        var digest: SHA256Digest?
        var failure: StorageError?
    }

    let size: Int64?
    private let body: any ArchiveBody
    private let state: Guarded<State>

    init(_ body: any ArchiveBody, hashes: Bool) {
        self.body = body
        size = body.size
        state = Guarded(State(hasher: hashes ? SHA256Hasher() : nil))
    }

    var digest: SHA256Digest? { state.withLock { $0.digest } }
    var failure: StorageError? { state.withLock { $0.failure } }

    func next() async throws(StorageError) -> [UInt8]? {
        do throws(StorageError) {
            let chunk = try await body.next()
            state.withLock { state in
                if let chunk {
                    state.hasher?.update(chunk)
                } else if let hasher = state.hasher.take() {
                    state.digest = hasher.finalize()
                }
            }
            return chunk
        } catch {
            state.withLock { $0.failure = error }
            throw error
        }
    }

    /// The caller's.
    func close() async {}
}
