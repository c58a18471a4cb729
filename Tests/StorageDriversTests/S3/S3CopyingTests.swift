import ServiceRuntime
import Storage
import StowageContract
import Testing

@testable import StorageDrivers

@Suite("Copies within an S3 store")
struct S3CopyingTests {
    private static let mib: Int64 = 1 << 20

    @Test(
        "are cut into parts that cover every byte once, of the length that is wanted or allowed",
        arguments: [
            (1, 5 * mib, 1), (5 * mib, 5 * mib, 1), (5 * mib + 1, 5 * mib, 2), (12 * mib, 1, 3),
            (1 << 40, 256 * mib, 4096), (5 << 40, 256 * mib, 10_000),
        ])
    func ranges(size: Int64, wanted: Int64, count: Int) {
        let ranges = S3Original.ranges(of: size, wanted: wanted)
        #expect(ranges.count == count)
        #expect(ranges.first?.lowerBound == 0 && ranges.last?.upperBound == size)
        for (one, next) in zip(ranges, ranges.dropFirst()) { #expect(one.upperBound == next.lowerBound) }
        for range in ranges.dropLast() { #expect(range.count >= Int(5 * Self.mib)) }
    }

    /// What makes another account, or another store, of a configuration.
    struct Row: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var isSame = false
        var change: @Sendable (inout S3Configuration) -> Void
    }

    @Test(
        "are made of what the same account has at the same endpoint",
        arguments: [
            Row(testDescription: "another bucket", isSame: true) { $0.bucket = "other" },
            Row(testDescription: "other parts", isSame: true) { $0.partSizeBytes = 5 << 20 },
            Row(testDescription: "another endpoint") { $0.endpoint = "https://elsewhere.example" },
            Row(testDescription: "another region") { $0.region = "eu-west-1" },
            Row(testDescription: "another key") { $0.accessKey = "B" },
            Row(testDescription: "another secret") { $0.secretKey = Secret("b") },
            Row(testDescription: "a session") { $0.sessionToken = Secret("t") },
            Row(testDescription: "credentials from a file") {
                ($0.accessKey, $0.secretKey, $0.credentialsFile) = (nil, nil, "/etc/credentials")
            },
            Row(testDescription: "another profile") { $0.profile = "other" },
        ])
    func accounts(row: Row) {
        var one = S3Configuration(bucket: "one", endpoint: "https://s3.example")
        (one.accessKey, one.secretKey) = ("A", Secret("a"))
        var other = one
        row.change(&other)
        #expect(one.hasAccount(of: other) == row.isSame)
        #expect(other.hasAccount(of: one) == row.isSame)
    }

    @Test("tell what is wrong with the original from a refusal to copy, and from everything else")
    func errors() {
        let changed = StorageError(.conflict, .permanent, "a condition").ofCopy()
        #expect(changed.code == .unavailable && changed.place == .source && changed.retry == .transient(after: nil))
        #expect(StorageError(.notFound, .permanent, "no key").ofCopy().place == .source)
        for code in [ErrorCode.unsupported, .permissionDenied] {
            #expect(StorageError(code, .permanent, "no").ofCopy().refusesCopy)
            #expect(!StorageError(code, .permanent, "no").refusesCopy)
        }
        let failed = StorageError(.unavailable, .transient(after: nil), "500").ofCopy()
        #expect(failed.place == .driver && !failed.refusesCopy)
    }
}
