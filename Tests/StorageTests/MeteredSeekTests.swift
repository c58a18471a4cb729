import Sharing
import StowageContract
import Testing

@testable import Storage

@Suite("A metered source")
struct MeteredSeekTests {
    /// A body that notes who is being waited for while it is sought.
    private final class Sought: SeekableBody {
        let size: Int64? = 10
        let identity = "sought"
        let awaited = Guarded<[ErrorPlace]>([])
        private let meter: TransferMeter

        init(_ meter: TransferMeter) { self.meter = meter }

        func seek(to offset: Int64) async throws(StorageError) {
            awaited.withLock { $0.append(meter.reading.awaited) }
        }

        func next() async throws(StorageError) -> [UInt8]? { nil }
        func close() async {}
    }

    private struct Source: ArchiveSource {
        let body: Sought

        func open() async throws(StorageError) -> any ArchiveBody { body }
    }

    @Test("while it is asked for its rest it is the source that is waited for, not the driver")
    func seeking() async throws {
        let meter = TransferMeter()
        let sought = Sought(meter)
        var request = try StoreRequest.of()
        request.meter = meter
        let body = try #require(
            try await TransferMeter.open(Source(body: sought), for: request) as? any SeekableBody)
        #expect(meter.reading.awaited == .driver)
        try await body.seek(to: 4)
        #expect(sought.awaited.withLock(\.self) == [.source])
        #expect(meter.reading.awaited == .driver && meter.reading.bytesDone == 4)
    }
}
