import Sharing
import ServiceRuntime
import StowageContract

/// The body of a source that counts against its storage's limit until it is closed.
final class PermittedBody: ArchiveBody {
    private struct Held: ~Copyable {
        var permit: Permit?
    }

    private let body: any ArchiveBody
    private let held: Guarded<Held>

    init(_ body: any ArchiveBody, _ permit: consuming sending Permit) {
        self.body = body
        self.held = Guarded(Held(permit: permit))
    }

    var size: Int64? { body.size }

    func next() async throws(StorageError) -> [UInt8]? {
        do throws(StorageError) { return try await body.next() } catch { throw error.at(.source) }
    }

    func close() async {
        await body.close()
        held.withLock { $0.permit = nil }
    }
}
