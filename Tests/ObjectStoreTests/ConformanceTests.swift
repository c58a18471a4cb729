import DriverConformance
import Testing

/// In a process of its own: what they hold beside each other would hide what another driver holds.
@Suite("S3 on Ceph, in every stack and kind of bucket", .timeLimit(.minutes(10)))
struct S3ConformanceTests {
    @Test("keeps the promise", arguments: ConformanceCase.selected(DriverHarness.s3))
    func promise(harness: DriverHarness, promise: ConformanceCase) async throws {
        try await promise.run(harness)
    }
}
