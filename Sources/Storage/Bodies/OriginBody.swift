import ServiceRuntime
import Sharing
import StowageContract

/// The bytes of a copy's original, not hashed: the one who writes them does that.
struct OriginSource: ArchiveSource {
    let storage: Storage
    let origin: CopyOrigin

    func open() async throws(StorageError) -> any ArchiveBody {
        do throws(StorageError) {
            let permit = try await storage.sourceLimit.permit()
            let body = try await read(nil)
            guard storage.capabilities.rangeRead else { return PermittedBody(body, permit) }
            return OriginBody(body, of: self, permit)
        } catch {
            throw error.at(.source)
        }
    }

    /// What tells these bytes from any others: a driver's name means one storage, and its manifest says the rest.
    fileprivate var identity: String {
        let (handle, manifest) = (origin.handle, origin.manifest)
        return [
            "archive", storage.name.text, handle.key, handle.version ?? "", manifest.sha256, String(manifest.size),
        ].joined(separator: "\n")
    }

    fileprivate func read(from offset: Int64) async throws(StorageError) -> any ArchiveBody {
        let size = origin.manifest.size
        return offset < size ? try await read(offset..<size) : BytesBody([])
    }

    private func read(_ range: Range<Int64>?) async throws(StorageError) -> any ArchiveBody {
        try await storage.call(.read) { () async throws(StorageError) in
            try await storage.driver.read(origin.storedKey, version: origin.handle.version, range: range)
        }
    }
}

/// A copy's original, read from anywhere; counts against its storage's limit until it is closed.
private final class OriginBody: SeekableBody {
    private struct State: ~Copyable {
        /// `nil`: the one before is closed, and no other could be opened.
        var body: (any ArchiveBody)?
        var permit: Permit?
    }

    let size: Int64?
    let identity: String
    private let source: OriginSource
    private let state: Guarded<State>

    init(_ body: any ArchiveBody, of source: OriginSource, _ permit: consuming sending Permit) {
        self.size = body.size
        self.identity = source.identity
        self.source = source
        self.state = Guarded(State(body: body, permit: permit))
    }

    func seek(to offset: Int64) async throws(StorageError) {
        await state.withLock { $0.body.take() }?.close()
        do throws(StorageError) {
            let body = try await source.read(from: offset)
            state.withLock { $0.body = body }
        } catch {
            throw error.at(.source)
        }
    }

    func next() async throws(StorageError) -> [UInt8]? {
        guard let body = state.withLock({ $0.body }) else {
            throw StorageError(.unexpected, .permanent, "a source was read that could not be opened", at: .source)
        }
        do throws(StorageError) { return try await body.next() } catch { throw error.at(.source) }
    }

    func close() async {
        await state.withLock { $0.body.take() }?.close()
        state.withLock { $0.permit = nil }
    }
}
