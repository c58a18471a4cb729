import DriverConformance
import Testing

@Suite("WebDAV, in every stack and way", .timeLimit(.minutes(10)))
struct WebDAVConformanceTests {
    @Test("keeps the promise", arguments: ConformanceCase.selected(DriverHarness.webDAV))
    func promise(harness: DriverHarness, promise: ConformanceCase) async throws {
        try await promise.run(harness)
    }
}
