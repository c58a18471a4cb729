import StowageContract
import StrictCoding
import Testing

@Suite("Golden messages")
struct GoldenMessageTests {
    @Test("Every golden task is read as its value", arguments: GoldenTasks.all)
    func readTask(golden: Golden<StorageTask>) throws {
        let (file, task) = (golden.file, golden.value)
        let read = try StorageTask.read(body: GoldenFolder.bytes("tasks/\(file).json"), now: Fixtures.now)
        #expect(read == task)
    }

    @Test("What is written of a task is read as the same task", arguments: GoldenTasks.all)
    func roundTrip(golden: Golden<StorageTask>) throws {
        let task = golden.value
        #expect(try StorageTask.read(body: task.encoded(), now: Fixtures.now) == task)
    }

    @Test("A task with everything is written as in its file", arguments: GoldenTasks.full)
    func writeTask(golden: Golden<StorageTask>) throws {
        let (file, task) = (golden.file, golden.value)
        try GoldenFolder.compare(task.encoded(), with: "tasks/\(file).json")
    }

    @Test("Every event is written as in its file", arguments: GoldenEvents.all)
    func writeEvent(golden: Golden<StowageEvent>) throws {
        let (file, event) = (golden.file, golden.value)
        switch event {
        case .task(let event): try GoldenFolder.compare(event.encoded(), with: "events/\(file).json")
        case .driver(let event): try GoldenFolder.compare(event.encoded(), with: "events/\(file).json")
        }
    }

    @Test("Every golden event is read as its value", arguments: GoldenEvents.all)
    func readEvent(golden: Golden<StowageEvent>) throws {
        let (file, event) = (golden.file, golden.value)
        #expect(try StowageEvent.read(body: GoldenFolder.bytes("events/\(file).json")) == event)
    }

    @Test("Every control message is written as in its file, and read as its value", arguments: GoldenControl.all)
    func control(golden: Golden<ControlMessage>) throws {
        let (file, message) = (golden.file, golden.value)
        try GoldenFolder.compare(message.encoded(), with: "control/\(file).json")
        #expect(try ControlMessage.read(body: GoldenFolder.bytes("control/\(file).json")) == message)
    }

    @Test("Every file has its value, and every operation and kind of event its file")
    func complete() throws {
        #expect(try GoldenFolder.names("tasks") == GoldenTasks.all.map { $0.file + ".json" }.sorted())
        #expect(try GoldenFolder.names("events") == GoldenEvents.all.map { $0.file + ".json" }.sorted())
        #expect(try GoldenFolder.names("control") == GoldenControl.all.map { $0.file + ".json" }.sorted())
        #expect(Set(GoldenTasks.minimal.map(\.value.operation)) == Set(Operation.allCases))
        #expect(Set(GoldenTasks.full.map(\.value.operation)) == Set(Operation.allCases))
        let types = GoldenEvents.all.map { golden in
            switch golden.value {
            case .task(let event): event.type
            case .driver(let event): event.type
            }
        }
        #expect(Set(types) == Set(EventType.allCases))
    }

    @Test("Subscribers may meet members that they do not know")
    func lenient() throws {
        guard case .object(var event) = try JSONParser.parse(GoldenFolder.bytes("events/retrying.json")),
            case .object(var data) = event["data"]
        else { Issue.record("no object"); return }
        data["novelty"] = [1]
        event["data"] = .object(data)
        event["partitionkey"] = "x"
        let read = try StowageEvent.read(body: JSONWriter.bytes(of: .object(event)))
        #expect(read == GoldenEvents.others.first { $0.file == "retrying" }?.value)
    }
}
