import Foundation
import StowageContract
import StrictCoding
import Testing

@Suite("Task envelope")
struct TaskEnvelopeTests {
    private func read(
        _ text: String, key: String? = nil, id: String? = nil, first: Bool = true
    ) throws(TaskProblem) -> StorageTask {
        try StorageTask.read(
            body: Array(text.utf8), routingKey: key, messageID: id, isFirstDelivery: first, now: Fixtures.now)
    }

    @Test("What the body leaves out comes from routing key and message-id")
    func fromProperties() throws {
        let task = try read(#"{"data":{}}"#, key: "archive.capacity", id: "t-1")
        #expect(task.id == TaskID("t-1") && task.driver == Fixtures.archive && task.data == .capacity)
        #expect(task.bodyDriver == nil)
    }

    @Test("In a copy that a worker published, the routing key says who runs the task")
    func failedOver() throws {
        let body =
            #"{"id":"t","operation":"store","driver":"archive","fallbacks":["archive-b"],"#
            + #""data":{"name":"a","source":{"inline":""}}}"#
        let task = try read(body, key: "archive-b.store", first: false)
        #expect(task.driver == Fixtures.archiveB && task.bodyDriver == Fixtures.archive)
        #expect(throws: TaskProblem.self) { try read(body, key: "archive-b.store", first: true) }
    }

    @Test("A fallback may run a task whose body names no driver")
    func failedOverWithoutDriver() throws {
        let body = #"{"id":"t","fallbacks":["archive-b"],"data":{"name":"a","source":{"inline":""}}}"#
        #expect(try read(body, key: "archive-b.store", first: false).driver == Fixtures.archiveB)
        #expect(throws: TaskProblem.self) { try read(body, key: "archive-b.store", first: true) }
    }

    @Test("An absent version is version 1")
    func version() throws {
        #expect(try read(#"{"id":"t","operation":"capacity","driver":"archive","data":{}}"#).data == .capacity)
    }

    @Test("Names are brought into NFC, and digests into lower case")
    func normalised() throws {
        let upper = Fixtures.digest.uppercased()
        let body =
            #"{"id":"t","operation":"store","driver":"archive","data":{"name":"e\u0301","path":"u\u0308/x","sha256":"\#(upper)","source":{"inline":""}}}"#
        guard case .store(let data) = try read(body).data else { Issue.record("no store"); return }
        #expect(Array(data.name.utf8) == [0xC3, 0xA9])
        #expect(Array((data.path ?? "").utf8) == [0xC3, 0xBC, 0x2F, 0x78])
        #expect(data.sha256 == Fixtures.digest)
    }

    @Test(
        "Odd but right names are taken as they are",
        arguments: ["-rf", "a b", "%2e%2e", "\"quoted\"", "...", "😀", ".hidden", "a\\b"])
    func oddNames(name: String) throws {
        #expect(try ArchiveName.normalisedName(name) == name)
    }

    @Test("A name may have 255 bytes and a path 512 in 16 segments")
    func longest() throws {
        #expect(try ArchiveName.normalisedName(String(repeating: "é", count: 127) + "x").utf8.count == 255)
        let path = (0..<16).map { _ in String(repeating: "p", count: 31) }.joined(separator: "/") + "p"
        #expect(try ArchiveName.normalisedPath(path).utf8.count == 512)
        let key = ArchiveName.key(
            path: path, taskID: try #require(TaskID(String(repeating: "t", count: 128))),
            name: String(repeating: "n", count: 255))
        #expect(try ArchiveName.normalisedKey(key) == key)
    }

    @Test("Tasks and handles pass through any coder")
    func codable() throws {
        for golden in GoldenTasks.all {
            let data = try JSONEncoder().encode(golden.value)
            #expect(try JSONDecoder().decode(StorageTask.self, from: data) == golden.value)
        }
        let handle = try JSONDecoder().decode(ArchiveHandle.self, from: JSONEncoder().encode(Fixtures.handle))
        #expect(handle == Fixtures.handle)
        #expect(throws: TaskProblem.self) {
            try JSONDecoder().decode(StorageTask.self, from: Data(#"{"id":"t","data":{}}"#.utf8))
        }
    }
}
