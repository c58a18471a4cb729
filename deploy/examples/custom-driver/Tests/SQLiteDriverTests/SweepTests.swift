import Foundation
import ServiceRuntime
import Storage
import StowageContract
import Testing

@testable import SQLiteDriver

@Suite("What a killed writer leaves")
struct SweepTests {
    @Test("is invisible, stays while it may still grow, and is swept by age")
    func leftovers() async throws {
        let path = FileManager.default.temporaryDirectory.path + "/sqlite-driver-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let environment = DriverEnvironment(
            name: try #require(DriverName("archive")), blocking: BlockingPool(threads: 1),
            now: { Timestamp(millisecondsSinceEpoch: 1_000_000) }, connections: 1)
        let driver = try await SQLiteStorageDriver.open(.init(path: path + "/archive.sqlite"), in: environment)
        try await driver.database.writing { connection throws(StorageError) in
            for (upload, touched) in [(1, 1), (2, 999_999)] as [(Int64, Int64)] {
                try connection.run("INSERT INTO upload VALUES (?, ?)", .integer(upload), .integer(touched))
                for start in 0..<100 {
                    try connection.run(
                        "INSERT INTO chunk VALUES (?, ?, x'00')", .integer(upload), .integer(Int64(start)))
                }
            }
        }
        #expect(try await driver.list(prefix: "", after: nil, limit: 10).entries.isEmpty)
        #expect(try await driver.sweep(olderThan: .seconds(60)) == 1)
        #expect(try await driver.sweep(olderThan: .seconds(60)) == 0)
        let left = try await driver.database.reading { connection throws(StorageError) in
            var left: [Int64] = []
            try connection.run("SELECT upload, count(*) FROM chunk GROUP BY upload") {
                left += [$0.integer(0), $0.integer(1)]
            }
            return left
        }
        #expect(left == [2, 100])
        await driver.close()
    }
}
