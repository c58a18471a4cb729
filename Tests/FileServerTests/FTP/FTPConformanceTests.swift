import DriverConformance
import Testing

@Suite("FTP on a real server, in every stack and protection", .timeLimit(.minutes(10)))
struct FTPConformanceTests {
    @Test("keeps the promise", arguments: ConformanceCase.selected(DriverHarness.ftp))
    func promise(harness: DriverHarness, promise: ConformanceCase) async throws {
        try await promise.run(harness)
    }
}
