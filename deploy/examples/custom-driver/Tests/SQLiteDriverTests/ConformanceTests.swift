import DriverConformance
import Foundation
import SQLiteDriver
import Storage
import Testing

// One case after the other: one of them looks how much memory the process takes.
@Suite("The driver, in every stack", .serialized, .timeLimit(.minutes(5)))
struct ConformanceTests {
    static let harnesses = DriverHarness.everyStack(SQLiteStorageDriver.type, SQLiteStorageDriver.capabilities) {
        let folder = try Folder()
        let configuration = SQLiteConfiguration(path: folder.path + "/archive.sqlite")
        return (try await SQLiteStorageDriver.open(configuration, in: $0), folder)
    }

    @Test("keeps the promise", arguments: ConformanceCase.selected(harnesses))
    func promise(harness: DriverHarness, promise: ConformanceCase) async throws {
        try await promise.run(harness)
    }
}

/// A folder that vanishes with its value.
private final class Folder: Sendable {
    let path = FileManager.default.temporaryDirectory.path + "/sqlite-driver-" + UUID().uuidString

    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
