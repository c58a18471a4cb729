import StowageContract
import StowageKit
import Testing

@Suite("What is known of followed tasks")
struct FollowedTasksTests {
    private let id: TaskID
    private let stat: TaskRequest
    private let inline: TaskRequest

    init() throws {
        id = try #require(TaskID("t"))
        let driver = try #require(DriverName("archive"))
        stat = TaskRequest(StorageTask(id: id, driver: driver, data: .stat(.key("k"))))
        inline = TaskRequest(
            StorageTask(
                id: id, driver: driver, data: .retrieve(RetrieveData(archive: .key("k"), destination: .inline))))
    }

    private func event(_ happening: TaskEvent.Happening, id: String) -> TaskEvent {
        TaskEvent(
            id: id, source: "", time: Timestamp(millisecondsSinceEpoch: 0), task: "t", operation: .stat, driver: nil,
            attempt: 1, worker: "", sequence: 1, happening: happening)
    }

    private let success = TaskEvent.Happening.succeeded(
        .stat(StatResult(handle: nil)), durationMilliseconds: 0, attempts: [])
    private let failure = TaskEvent.Happening.failed(
        ErrorReport(code: .conflict, message: "", retryable: false, place: .driver), attempts: [], possibleCopies: [])

    @Test("a success wins over a failure, whichever comes first")
    func successWins() {
        var tasks = FollowedTasks()
        tasks.add(stat)
        #expect(tasks.take(event(failure, id: "t/failed"), isReply: false) != nil)
        #expect(tasks.areAllEnded)
        #expect(tasks.take(event(success, id: "t/succeeded"), isReply: false) != nil)
        #expect(tasks.end(of: id) == .succeeded)
        #expect(tasks.take(event(failure, id: "t/failed-again"), isReply: false) == nil)
        #expect(tasks.end(of: id) == .succeeded)
        #expect(tasks.areAllEnded)
    }

    @Test("bytes that only the requester may see are waited for as the reply")
    func confidential() {
        var tasks = FollowedTasks()
        tasks.add(inline)
        #expect(tasks.take(event(success, id: "t/succeeded"), isReply: false) == nil)
        #expect(!tasks.areAllEnded)
        #expect(tasks.take(event(success, id: "t/succeeded"), isReply: true) != nil)
        #expect(tasks.areAllEnded)
    }

    @Test("events of other tasks are passed over")
    func others() {
        var tasks = FollowedTasks()
        #expect(tasks.take(event(success, id: "t/succeeded"), isReply: false) == nil)
        #expect(tasks.areAllEnded)
    }

    @Test("a task that is sent twice is followed once")
    func twice() {
        var tasks = FollowedTasks()
        tasks.add(stat)
        tasks.add(stat)
        _ = tasks.take(event(success, id: "t/succeeded"), isReply: false)
        #expect(tasks.areAllEnded)
    }

    @Test("reply keys and ids are what the contract asks for, and never the same")
    func random() {
        let keys = Set((0..<100).map { _ in RandomText.replyKey })
        #expect(keys.count == 100)
        #expect(keys.allSatisfy { $0.utf8.count == 32 && $0.wholeMatch(of: #/[A-Za-z0-9_-]{32}/#) != nil })
        #expect(RandomText.app.wholeMatch(of: #/cli-[a-z0-9]{16}/#) != nil)
        let moment = Timestamp(millisecondsSinceEpoch: 0x0193_A6E2_7B1C)
        let id = RandomText.taskID(now: moment).text
        #expect(id.wholeMatch(of: #/0193a6e2-7b1c-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/#) != nil)
    }
}
