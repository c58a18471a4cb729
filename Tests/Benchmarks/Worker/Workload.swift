import StowageContract

/// What the tasks of a run ask for.
enum Workload: String {
    /// `stat` by the handle of an archive that is not there, on the memory driver; bodies of 1 KiB.
    case noop
    /// 4 KiB of random bytes that come with the task, on the local driver, with every flush.
    case store

    /// Bytes of a task that does nothing.
    private static let taskBytes = 1024

    /// The one driver of the worker.
    static let driverName = "archive"

    /// The configuration of the driver.
    func driver(path: String) -> String {
        switch self {
        case .noop: "{ type: memory }"
        case .store: "{ type: local, path: \"\(path)\", concurrency: 128 }"
        }
    }

    /// Tasks of slow queues at once.
    var slots: Int {
        switch self {
        case .noop: 64
        case .store: 128
        }
    }

    var routingKey: String {
        switch self {
        case .noop: "\(Self.driverName).stat"
        case .store: "\(Self.driverName).store"
        }
    }

    func messageID(_ number: Int) -> String { "benchmark-\(rawValue)-\(number)" }

    /// The body of the n-th task.
    func body(_ number: Int) -> [UInt8] {
        switch self {
        case .noop:
            let bare = noop(number, note: "")
            return Array(noop(number, note: String(repeating: "x", count: Self.taskBytes - bare.utf8.count)).utf8)
        case .store:
            // One draw is enough to make the bytes differ; a system call for every eight of them would be seen.
            var word = UInt64.random(in: .min ... .max)
            let bytes = (0..<512).flatMap { _ in
                word = word &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return withUnsafeBytes(of: word) { Array($0) }
            }
            return Array(task(number, #""name":"archive.bin","source":{"inline":"\#(Base64.encode(bytes))"}"#).utf8)
        }
    }

    /// Asks by a whole handle, as a producer does that keeps what the store's event gave it.
    private func noop(_ number: Int, note: String) -> String {
        let digest = String(repeating: "0f", count: 32)
        return task(
            number,
            #""handle":{"driver":"\#(Self.driverName)","key":"course-12/task-\#(number)/quiz-17.tar.gz","#
                + #""name":"quiz-17.tar.gz","size":73400320,"sha256":"\#(digest)","digests":{},"#
                + #""mediaType":"application/gzip","storedAt":"2026-11-20T00:00:00.000Z","taskId":"task-\#(number)","#
                + #""version":null,"etag":null,"storeId":null,"retention":null,"legalHold":false,"#
                + #""metadata":{"note":"\#(note)"},"tier":null}"#)
    }

    private func task(_ number: Int, _ data: String) -> String {
        let operation = routingKey.split(separator: ".")[1]
        return #"{"version":1,"id":"\#(messageID(number))","operation":"\#(operation)","#
            + #""driver":"\#(Self.driverName)","data":{\#(data)}}"#
    }
}
