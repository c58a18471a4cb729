import ServiceRuntime
import Storage
import StowageContract
import TestSupport
import Testing

@Suite("Presigned URLs", .timeLimit(.minutes(1)))
struct PresignTests {
    private func bench() async throws -> (StorageBench, ArchiveHandle) {
        let bench = try StorageBench()
        bench.script.state.change { $0.capabilities.presign = true }
        return (bench, try await bench.storage().store(try StoreRequest.of(), from: BytesSource([1])).handle)
    }

    @Test("come from the driver, and nothing prints them")
    func url() async throws {
        let (bench, handle) = try await bench()
        let presigned = try await bench.storage(interceptors: nil).presign(
            PresignData(archive: .handle(handle), expiresSeconds: 60))
        #expect(presigned.url.exposed.contains("t1/a.bin?expires=60"))
        #expect(presigned.expiresAt == Timestamp(millisecondsSinceEpoch: 60_000))
        #expect(!"\(presigned)".contains("hunter2"))
        #expect(!bench.log.lines.contains { "\($0)".contains("hunter2") })
    }

    @Test("are for archives that stand and are the ones that are meant")
    func absent() async throws {
        let (bench, handle) = try await bench()
        let storage = bench.storage()
        var forged = ArchiveReference.handle(handle)
        forged.sha256 = sha256([9])
        for (reference, code) in [(ArchiveReference.key("t2/a.bin"), ErrorCode.notFound), (forged, .integrityMismatch)]
        {
            let error = try await failure {
                try await storage.presign(PresignData(archive: reference, expiresSeconds: 60))
            }
            #expect(error.code == code)
        }
        for seconds in [0, 604_801] {
            let error = try await failure {
                try await storage.presign(PresignData(archive: .handle(handle), expiresSeconds: seconds))
            }
            #expect(error.code == .invalidTask && error.place == .task)
        }
        #expect(!bench.script.calls.contains(.presign))
    }

    @Test("are refused where the store gives out none")
    func unsupported() async throws {
        let (bench, handle) = try await bench()
        bench.script.state.change { $0.capabilities.presign = false }
        let error = try await failure {
            try await bench.storage().presign(PresignData(archive: .handle(handle), expiresSeconds: 60))
        }
        #expect(error.code == .unsupported && error.retry == .permanent && error.place == .driver)
        #expect(!bench.script.calls.contains(.presign))
    }
}
