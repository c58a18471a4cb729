import DriverConformance
import Storage
import StorageDrivers
import TestSupport
import Testing

@Suite("Every driver, in every stack", .timeLimit(.minutes(5)))
struct ConformanceTests {
    @Test("keeps the promise", arguments: ConformanceCase.selected(DriverHarness.here))
    func promise(harness: DriverHarness, promise: ConformanceCase) async throws {
        try await promise.run(harness)
    }

    @Test("no driver that Stowage brings is left out")
    func completeness() {
        // Those that need a server have targets of their own.
        let elsewhere = [FTPStorageDriver.type, S3StorageDriver.type, WebDAVStorageDriver.type]
        let tested = Set(DriverHarness.here.map(\.name) + elsewhere)
        #expect(Set(AllDrivers.all.map { $0.type }).isSubset(of: tested))
    }
}
