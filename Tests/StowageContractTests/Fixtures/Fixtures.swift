import StowageContract
import StrictCoding

/// Values that several suites use.
enum Fixtures {
    static let archive = DriverName("archive")!
    static let archiveB = DriverName("archive-b")!
    static let archiveC = DriverName("archive-c")!
    static let id = TaskID("0193a6e2-7b1c-7c3e-9f0a-2b6d2f1c9a10")!
    static let digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
    static let otherDigest = "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752"
    static let now = Timestamp("2026-11-20T09:30:00Z")!
    static let key = "course-12/0193a6e2-7b1c-7c3e-9f0a-2b6d2f1c9a10/quiz-17.tar.gz"

    static let retention = Retention(mode: .governance, until: Timestamp("2029-11-20T00:00:00Z")!, enforcedBy: .store)

    static let handle = ArchiveHandle(
        driver: archive, key: key, name: "quiz-17.tar.gz", size: 73_400_320, sha256: digest,
        digests: ["md5": "098f6bcd4621d373cade4e832627b4f6", "crc32c": "86a072c0"], mediaType: "application/gzip",
        storedAt: Timestamp("2026-11-20T09:30:05.123Z")!, taskID: id, version: "v7", etag: "\"098f6bcd\"",
        storeID: "7c9e6679-7425-40de-944b-e07fc1f90ae7", retention: retention, legalHold: true,
        metadata: ["course": "12", "job": "17"], tier: "STANDARD_IA")

    static let bareHandle = ArchiveHandle(
        driver: archiveB, key: "0193a6e2-7b1c-7c3e-9f0a-2b6d2f1c9a10/quiz-17.tar.gz", name: "quiz-17.tar.gz", size: 0,
        sha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        storedAt: Timestamp("2026-11-20T09:30:05Z")!, taskID: id)

    static let error = ErrorReport(
        code: .unavailable, message: "The store cannot be reached.", retryable: true, place: .driver, driver: archive,
        context: ["status": "503", "requestId": "4442587FB7D0A2F9"])

    static let attempts = [
        AttemptRecord(
            number: 1, driver: archive, startedAt: now, endedAt: Timestamp("2026-11-20T09:30:01.5Z"), worker: "w-1",
            code: .unavailable, message: "The store cannot be reached.", ambiguous: true),
        AttemptRecord(
            number: 2, driver: archiveB, startedAt: Timestamp("2026-11-20T09:30:06Z"), endedAt: nil, worker: nil,
            code: nil, message: nil, ambiguous: false),
    ]
}
