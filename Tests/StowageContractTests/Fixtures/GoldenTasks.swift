import StowageContract
import StrictCoding

/// The tasks whose messages are held fixed, by file.
enum GoldenTasks {
    typealias F = Fixtures

    static let all: [Golden<StorageTask>] = full + minimal

    static let options = TaskOptions(
        timeoutSeconds: 300, maxAttempts: 8, notBefore: Timestamp("2026-11-20T10:00:00Z"),
        deadline: Timestamp("2026-11-21T00:00:00.001Z"), progress: true)

    private static func task(
        _ data: TaskData, fallbacks: [DriverName]? = nil, options: TaskOptions = TaskOptions(), labels: [String] = []
    ) -> StorageTask {
        var task = StorageTask(
            id: F.id, driver: F.archive, fallbacks: fallbacks, data: data, options: options, labels: labels)
        task.bodyDriver = F.archive
        return task
    }

    /// Every member with a value.
    static let full: [Golden<StorageTask>] = [
        .init(
            "store-full",
            task(
                .store(
                    StoreData(
                        name: "quiz-17.tar.gz", path: "course-12", source: .file("/spool/quiz-17.tar.gz"),
                        size: 73_400_320, sha256: F.digest, mediaType: "application/gzip",
                        metadata: ["course": "12", "job": "17"], retention: F.retention, legalHold: true,
                        copies: [F.archiveC], removeSource: true,
                        driverOptions: [F.archive: ["storageClass": "STANDARD_IA"]])), fallbacks: [F.archiveB],
                options: options, labels: ["quiz 17", "günstig"])
        ),
        .init(
            "store-url",
            task(
                .store(
                    StoreData(
                        name: "ä.bin",
                        source: .url(
                            TaskURL(url: "https://files.example.org/a?b=c", headers: ["Authorization": "Bearer x"])))))
        ),
        .init(
            "store-credentials",
            task(
                .store(
                    StoreData(
                        name: "a", source: .url(TaskURL(url: "sftp://files.example.org/a", credentials: "partner")))))
        ),
        .init(
            "store-handle",
            task(
                .store(
                    StoreData(
                        name: "a",
                        source: .handle(
                            ArchiveReference(
                                form: .handle, driver: F.archiveB, key: F.key, version: "v7", size: 5,
                                sha256: F.digest, storeID: "s")), removeSource: true)))
        ),
        .init(
            "retrieve-full",
            task(
                .retrieve(
                    RetrieveData(
                        archive: .handle(F.handle),
                        destination: .url(TaskURL(url: "https://files.example.org/put", headers: ["X-Job": "17"])),
                        range: ByteRange(offset: 10, length: 20))), options: options, labels: ["x"])
        ),
        .init(
            "retrieve-credentials",
            task(
                .retrieve(
                    RetrieveData(
                        archive: .key(F.key),
                        destination: .url(TaskURL(url: "sftp://files.example.org/a", credentials: "partner")))))
        ),
        .init("retrieve-inline", task(.retrieve(RetrieveData(archive: .key(F.key), destination: .inline)))),
        .init(
            "delete-full", task(.delete(DeleteData(archive: .handle(F.handle), strict: true, reason: "asked\nby mail")))
        ),
        .init("stat-full", task(.stat(.handle(F.handle)), labels: ["x"])),
        .init("list-full", task(.list(ListData(prefix: "course-12/", after: F.key, limit: 1000)))),
        .init("verify-full", task(.verify(VerifyData(archive: .handle(F.handle), sha256: F.digest)))),
        .init(
            "copy-full",
            task(.copy(CopyData(archive: .handle(F.handle), to: F.archiveB, path: "copies/a", removeSource: true)))
        ),
        .init("presign-full", task(.presign(PresignData(archive: .handle(F.handle), expiresSeconds: 604_800)))),
        .init(
            "retain-full",
            task(
                .retain(
                    RetainData(
                        archive: .handle(F.handle), retention: F.retention, legalHold: true,
                        releases: [TaskID("hold-1")!])))
        ),
        .init("check-full", task(.check(CheckData(write: true, worm: true)))),
        .init("capacity-full", task(.capacity, options: options, labels: ["x"])),
    ]

    /// Nothing but what must be there; the files are written by hand and leave the rest out.
    static let minimal: [Golden<StorageTask>] = [
        .init("store-minimal", task(.store(StoreData(name: "hello.txt", source: .inline(Array("hello".utf8)))))),
        .init(
            "retrieve-minimal", task(.retrieve(RetrieveData(archive: .key(F.key), destination: .file("/spool/out"))))),
        .init("delete-minimal", task(.delete(DeleteData(archive: .key(F.key))))),
        .init("stat-minimal", task(.stat(.key(F.key)))),
        .init("list-minimal", task(.list(ListData()))),
        .init("verify-minimal", task(.verify(VerifyData(archive: .key(F.key))))),
        .init("copy-minimal", task(.copy(CopyData(archive: .key(F.key), to: F.archiveB)))),
        .init("presign-minimal", task(.presign(PresignData(archive: .key(F.key), expiresSeconds: 60)))),
        .init("retain-minimal", task(.retain(RetainData(archive: .key(F.key), legalHold: true)))),
        .init("check-minimal", task(.check(CheckData()))),
        .init("capacity-minimal", task(.capacity)),
    ]
}
