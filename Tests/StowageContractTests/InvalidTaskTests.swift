import StowageContract
import StrictCoding
import Testing

@Suite("Tasks that cannot be understood")
struct InvalidTaskTests {
    private func problem(
        _ body: [UInt8], routingKey: String? = nil, messageID: String? = nil, isFirstDelivery: Bool = true,
        limits: TaskLimits = TaskLimits()
    ) -> TaskProblem? {
        do throws(TaskProblem) {
            _ = try StorageTask.read(
                body: body, routingKey: routingKey, messageID: messageID, isFirstDelivery: isFirstDelivery,
                limits: limits, now: Fixtures.now)
            return nil
        } catch { return error }
    }

    @Test(
        "Every message is refused with the code, the member and the sentence of its file",
        arguments: try GoldenFolder.names("invalid"))
    func refused(file: String) throws {
        let golden = try JSONParser.parse(GoldenFolder.bytes("invalid/\(file)"))
        let body = try #require(golden["body"])
        let found = problem(
            JSONWriter.bytes(of: body), routingKey: golden["routingKey"]?.string, messageID: golden["messageID"]?.string
        )
        let error = try #require(found, "the task was understood")
        #expect(error.message == golden["expected"]?["message"]?.string)
        #expect(error.path == golden["expected"]?["path"]?.string)
        #expect(error.code.rawValue == golden["expected"]?["code"]?.string)
        #expect(error.message.utf8.count <= 512)
        #expect(error.report.place == .task && !error.report.retryable)
    }

    @Test(
        "What is not even JSON is told with the byte",
        arguments: [
            ([], "The body is not JSON: There is no text at all. (byte 0)"),
            (Array("hello".utf8), "The body is not JSON: A value is expected, not “h”. (byte 0)"),
            (
                Array("{\"id\":\"a\",\"id\":\"b\"}".utf8),
                "The body is not JSON: The member “id” stands twice in one object. (byte 10)"
            ),
            (
                Array("{\"id\":\"".utf8) + [0xFF] + Array("\"}".utf8),
                "The body is not JSON: A string is not UTF-8. (byte 7)"
            ),
            (
                Array(repeating: UInt8(ascii: "["), count: 50_000),
                "The body is not JSON: Arrays and objects stand more than 64 levels deep in each other. (byte 64)"
            ),
            (
                Array(("{\"version\":" + String(repeating: "9", count: 5000) + "}").utf8),
                "The body is not JSON: A number has 5000 characters; at most 64 are read. (byte 11)"
            ),
            (Array("{\"size\":1e400}".utf8), "The body is not JSON: The number 1e400 is too large. (byte 8)"),
        ] as [([UInt8], String)])
    func notJSON(body: [UInt8], message: String) throws {
        let error = try #require(problem(body, routingKey: "archive.store", messageID: "m-1"))
        #expect(error.message == message)
        #expect(error.code == .invalidTask)
        #expect(error.id == TaskID("m-1") && error.driver == Fixtures.archive && error.operation == .store)
    }

    @Test("An inline source above the limit is refused before it is decoded")
    func inlineLimit() throws {
        let task = StorageTask(
            id: Fixtures.id, driver: Fixtures.archive,
            data: .store(StoreData(name: "a", source: .inline(Array(repeating: 7, count: 1001)))))
        let error = try #require(problem(task.encoded(), limits: TaskLimits(inlineBytes: 1000)))
        #expect(error.message == "data.source.inline has 1001 bytes; at most 1000 are taken inline")
        #expect(problem(task.encoded(), limits: TaskLimits(inlineBytes: 1001)) == nil)
    }

    @Test("As much as could be understood comes with the problem")
    func partial() throws {
        let body = #"{"id":"t-1","operation":"store","driver":"archive","data":{"name":"..","labels":["a"]}}"#
        let error = try #require(problem(Array(body.utf8)))
        #expect(error.id == TaskID("t-1") && error.operation == .store && error.driver == Fixtures.archive)
        #expect(error.labels == ["a"])
        let nothing = try #require(problem(Array(#"{"id":1,"operation":2,"driver":[],"data":{"labels":[1]}}"#.utf8)))
        #expect(nothing.id == nil && nothing.operation == nil && nothing.driver == nil && nothing.labels.isEmpty)
    }

    @Test("Where body and message-id disagree, the message-id names the event")
    func disagreeing() throws {
        let body = #"{"id":"a","operation":"capacity","driver":"archive","data":{}}"#
        #expect(try #require(problem(Array(body.utf8), messageID: "b")).id == TaskID("b"))
        #expect(try #require(problem(Array(body.utf8), messageID: "b/")).id == nil)
    }
}
