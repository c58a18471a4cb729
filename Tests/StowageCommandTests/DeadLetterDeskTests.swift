import Messaging
import Pipeline
import StowageContract
import StrictCoding
import Synchronization
import TestSupport
import Testing

/// Letters as a worker parks them.
struct ParkedTasks {
    let server: InMemoryServer
    let names = TopologyNames(prefix: "stowage")
    let worker: InMemoryBroker

    init(_ server: InMemoryServer) {
        self.server = server
        worker = InMemoryBroker(server: server, user: "worker")
    }

    func park(
        _ id: String, driver: String = "archive", code: ErrorCode = .unavailable, replayed: Int64 = 0,
        deadline: Int64? = nil, body: String? = nil
    ) async throws {
        var properties = MessageProperties()
        properties.messageID = id
        properties.correlationID = "c-\(id)"
        properties.replyTo = "reply"
        properties.appID = "moodle"
        properties.userID = "worker"
        properties.headers = [
            "x-stowage-attempt": .integer(8), "x-stowage-user": .string("producer"),
            "x-stowage-history": .string(history), "x-stowage-error-code": .string(code.rawValue),
            "x-stowage-error": .string("no route"), "x-stowage-reason": .string("attempts used up"),
            "x-stowage-parked-at": .integer(1_795_132_800_000), "traceparent": .string("00-1-2-01"),
        ]
        if replayed > 0 { properties.headers["x-stowage-replayed"] = .integer(replayed) }
        if let deadline { properties.headers["x-stowage-deadline"] = .integer(deadline) }
        _ = try await worker.publish(
            OutgoingMessage(
                exchange: names.dead, routingKey: "\(driver).store", properties: properties,
                body: Array((body ?? #"{"id":"\#(id)"}"#).utf8)))
    }

    /// A letter that the broker moved to the dead letters, headers of its producer included.
    func parkedByBroker(_ id: String, headers: FieldTable) async throws {
        var properties = MessageProperties()
        properties.messageID = id
        properties.headers = headers
        properties.headers["x-death"] = .array([
            .table(["queue": .string("stowage.undertaker"), "reason": .string("rejected"), "time": .timestamp(1000)])
        ])
        _ = try await worker.publish(
            OutgoingMessage(
                exchange: names.dead, routingKey: "archive.store", properties: properties, body: Array("{}".utf8)))
    }

    var history: String {
        #"[{"n":8,"driver":"archive","startedAt":null,"endedAt":null,"worker":null,"code":"unavailable","message":"no route","ambiguous":true}]"#
    }

    var dead: [OutgoingMessage] { server.messages(in: names.dead) }
    var tasks: [OutgoingMessage] { server.messages(in: "stowage.tasks.archive") }
}

@Suite("The desk for dead letters", .timeLimit(.minutes(1)))
struct DeadLetterDeskTests {
    private let bench: CommandBench
    private let parked: ParkedTasks
    private let broker: InMemoryBroker
    private let desk: DeadLetterDesk

    init() throws {
        bench = try CommandBench(drivers: ["archive", "other"])
        parked = ParkedTasks(bench.server)
        broker = InMemoryBroker(server: bench.server, user: "operator")
        desk = DeadLetterDesk(broker: broker, names: bench.names, time: bench.clock.time)
    }

    @Test("looking leaves every letter where it was")
    func looking() async throws {
        for index in 0..<1000 { try await parked.park("t-\(index)") }
        let before = parked.dead
        let seen = Watched<[String]>([])
        let tally = try await desk.walk(told: { letter, fate in
            #expect(fate == .kept)
            seen.change { $0.append(letter.id) }
        })
        #expect(tally.matched == 1000)
        #expect(seen.value == (0..<1000).map { "t-\($0)" })
        #expect(parked.dead.map(\.properties.messageID) == before.map(\.properties.messageID))
        #expect(parked.dead.map(\.body) == before.map(\.body))
        #expect(bench.server.unsettledCount == 0)
    }

    @Test("a walk that ends early returns what it has fetched, in its order", arguments: [1, 5, 300])
    func limit(_ limit: Int) async throws {
        for index in 0..<600 { try await parked.park("t-\(index)", driver: index % 2 == 0 ? "archive" : "other") }
        let seen = Watched<[String]>([])
        let tally = try await desk.walk(
            DeadLetterFilter(driver: DriverName("other")), limit: limit,
            told: { letter, _ in seen.change { $0.append(letter.id) } })
        #expect(tally.matched == limit)
        #expect(seen.value == (0..<limit).map { "t-\(2 * $0 + 1)" })
        #expect(parked.dead.map(\.properties.messageID) == (0..<600).map { "t-\($0)" })
        #expect(bench.server.unsettledCount == 0)
    }

    @Test("a drop is said only when the broker was heard of after it")
    func lostDrop() async throws {
        for index in 0..<400 { try await parked.park("t-\(index)") }
        let dropped = Watched<[String]>([])
        let doubtful = Watched<[String]>([])
        let count = Atomic(0)
        await #expect(throws: BrokerError.self) {
            _ = try await desk.walk(
                judge: { [broker] _ in
                    if count.add(1, ordering: .relaxed).newValue == 300 { broker.disconnect() }
                    return .drop
                },
                told: { letter, fate in
                    switch fate {
                    case .dropped: dropped.change { $0.append(letter.id) }
                    case .failed: doubtful.change { $0.append(letter.id) }
                    default: Issue.record("\(fate)")
                    }
                })
        }
        // The first window was over; of the second nobody knows.
        #expect(dropped.value == (0..<257).map { "t-\($0)" } || dropped.value == (0..<256).map { "t-\($0)" })
        #expect(!doubtful.value.isEmpty)
        let left = Set(parked.dead.compactMap(\.properties.messageID))
        #expect(left.isDisjoint(with: dropped.value))
        #expect(left.union(dropped.value).union(doubtful.value).count == 400)
    }

    @Test("a thousand letters are replayed, each once")
    func thousand() async throws {
        for index in 0..<1000 { try await parked.park("t-\(index)") }
        let tally = try await desk.walk(judge: { _ in .replay })
        #expect(tally.replayed == 1000)
        #expect(parked.dead.isEmpty)
        #expect(Set(parked.tasks.compactMap(\.properties.messageID)).count == 1000)
        #expect(parked.tasks.count == 1000)
    }

    @Test("a replay is the task as new, with its history, as the operator")
    func replay() async throws {
        try await parked.park("t-1", replayed: 2)
        _ = try await desk.walk(judge: { _ in .replay })
        let message = try #require(parked.tasks.first)
        let properties = message.properties
        #expect(message.routingKey == "archive.store")
        #expect(message.body == Array(#"{"id":"t-1"}"#.utf8))
        #expect(properties.userID == "operator")
        #expect(properties.messageID == "t-1")
        #expect(properties.correlationID == "c-t-1")
        #expect(properties.replyTo == "reply")
        #expect(properties.appID == "moodle")
        #expect(properties.headers["traceparent"] == .string("00-1-2-01"))
        #expect(properties.headers["x-stowage-attempt"] == .integer(1))
        #expect(properties.headers["x-stowage-replayed"] == .integer(3))
        #expect(properties.headers["x-stowage-user"] == .string("producer"))
        let envelope = TaskEnvelope(
            Delivery(
                queue: "", exchange: "", routingKey: "", isRedelivered: false, properties: properties,
                body: .complete([]), tag: DeliveryTag(generation: 0, channel: 0, number: 0)),
            trust: HeaderTrust(users: ["operator"]))
        #expect(envelope.history.map(\.number) == [8])
        #expect(envelope.hasAmbiguousHistory)
        for name in ["error", "error-code", "reason", "parked-at"] {
            #expect(properties.headers["x-stowage-\(name)"] == nil)
        }
    }

    @Test("a wall that has passed does not end the replay, one that is ahead stays")
    func deadline() async throws {
        try await parked.park("late", deadline: 1000)
        try await parked.park("early", deadline: 4_102_444_800_000)
        _ = try await desk.walk(judge: { _ in .replay })
        let headers = Dictionary(
            uniqueKeysWithValues: parked.tasks.map { ($0.properties.messageID ?? "", $0.properties.headers) })
        #expect(headers["late"]?["x-stowage-deadline"] == nil)
        #expect(headers["early"]?["x-stowage-deadline"] == .integer(4_102_444_800_000))
    }

    @Test("a replay does not launder the headers of a letter that the broker parked")
    func laundering() async throws {
        try await parked.parkedByBroker(
            "forged",
            headers: [
                "x-stowage-attempt": .integer(1), "x-stowage-slip": .string("other"), "x-stowage-user": .string("root"),
                "x-stowage-replayed": .integer(7), "x-stowage-error-code": .string("conflict"),
            ])
        let letters = Watched<[DeadLetter]>([])
        _ = try await desk.walk(
            judge: { letter in
                letters.change { $0.append(letter) }
                return .replay
            })
        let letter = try #require(letters.value.first)
        #expect(letter.errorCode == nil)
        #expect(letter.reason == "the broker moved it here from stowage.undertaker: rejected")
        #expect(letter.parkedAt == Timestamp(millisecondsSinceEpoch: 1_000_000))
        let headers = try #require(parked.tasks.first).properties.headers
        #expect(headers["x-stowage-slip"] == nil)
        #expect(headers["x-stowage-user"] == nil)
        #expect(headers["x-stowage-replayed"] == .integer(1))
        #expect(headers["x-death"] == nil)
    }

    @Test("a task that fails again at once is not replayed for ever")
    func failingAgain() async throws {
        for index in 0..<50 { try await parked.park("t-\(index)") }
        // Whoever replays makes a new letter of the same task arrive during the walk.
        let tally = try await desk.walk(
            judge: { _ in .replay }, told: { [parked] letter, _ in try? await parked.park(letter.id) })
        #expect(tally.replayed == 50)
        #expect(parked.tasks.count == 50)
        #expect(parked.dead.count == 50)
    }

    @Test("letters that arrive during the walk are not lost")
    func arrivals() async throws {
        for index in 0..<200 { try await parked.park("old-\(index)", driver: index % 2 == 0 ? "archive" : "other") }
        let parked = parked
        async let arriving: Void = {
            for index in 0..<200 { try await parked.park("new-\(index)", driver: "other") }
        }()
        let tally = try await desk.walk(
            DeadLetterFilter(driver: DriverName("archive")), judge: { _ in .replay })
        try await arriving
        #expect(tally.replayed == 100)
        #expect(parked.tasks.count == 100)
        #expect(parked.dead.count == 300)
        #expect(bench.server.unsettledCount == 0)
    }

    @Test("a connection that is lost in the middle loses no letter")
    func lostConnection() async throws {
        for index in 0..<1000 { try await parked.park("t-\(index)") }
        let count = Atomic(0)
        await #expect(throws: BrokerError.self) {
            _ = try await desk.walk(
                judge: { [broker] _ in
                    if count.add(1, ordering: .relaxed).newValue == 500 { broker.disconnect() }
                    return .replay
                })
        }
        let left = Set(parked.dead.compactMap(\.properties.messageID))
        let sent = Set(parked.tasks.compactMap(\.properties.messageID))
        #expect(left.union(sent).count == 1000)
        #expect(!left.isEmpty)
        #expect(!sent.isEmpty)
        broker.reconnect()
        _ = try await desk.walk(judge: { _ in .replay })
        #expect(parked.dead.isEmpty)
        #expect(Set(parked.tasks.compactMap(\.properties.messageID)).count == 1000)
    }

    @Test("a replay that the broker refuses leaves its letter parked and the others go on")
    func refused() async throws {
        for index in 0..<10 { try await parked.park("t-\(index)") }
        bench.server.refusePublishes(to: bench.names.tasks, times: 3)
        let tally = try await desk.walk(judge: { _ in .replay })
        #expect(tally.failed == 3)
        #expect(tally.replayed == 7)
        #expect(parked.dead.count == 3)
        #expect(parked.tasks.count == 7)
    }

    @Test("a confirm that is lost leaves the letter parked, though the task may have gone out")
    func lostConfirm() async throws {
        try await parked.park("t-1")
        bench.server.losePublishes(to: bench.names.tasks, times: 1, taken: true)
        let tally = try await desk.walk(judge: { _ in .replay })
        #expect(tally.failed == 1)
        #expect(parked.dead.count == 1)
        #expect(parked.tasks.count == 1)
    }

    @Test("letters are chosen by id, driver and code")
    func filters() async throws {
        try await parked.park("a", code: .conflict)
        try await parked.park("b", driver: "other")
        try await parked.park("c")
        func ids(_ filter: DeadLetterFilter) async throws -> [String] {
            let seen = Watched<[String]>([])
            _ = try await desk.walk(filter, told: { letter, _ in seen.change { $0.append(letter.id) } })
            return seen.value
        }
        #expect(try await ids(.all) == ["a", "b", "c"])
        #expect(try await ids(DeadLetterFilter(ids: ["c", "a", "nobody"])) == ["a", "c"])
        #expect(try await ids(DeadLetterFilter(driver: DriverName("other"))) == ["b"])
        #expect(try await ids(DeadLetterFilter(code: "conflict")) == ["a"])
        #expect(try await ids(DeadLetterFilter(driver: DriverName("other"), code: "conflict")).isEmpty)
    }

    @Test("a body without a message-id is known by its own id, else by its digest")
    func identities() {
        func letter(_ body: String, messageID: String? = nil) -> DeadLetter {
            var properties = MessageProperties()
            properties.messageID = messageID
            return DeadLetter(
                Delivery(
                    queue: "", exchange: "", routingKey: "archive.store", isRedelivered: false, properties: properties,
                    body: .complete(Array(body.utf8)), tag: DeliveryTag(generation: 0, channel: 0, number: 0)))
        }
        #expect(letter(#"{"id":"own"}"#).id == "own")
        #expect(letter(#"{"id":"own"}"#, messageID: "message").id == "message")
        #expect(letter(#"{"id":"own"}"#, messageID: "message").otherID == "own")
        #expect(letter(#"{"id":"own"}"#, messageID: "-invalid").id == "own")
        #expect(letter("abc").id == "sha256-ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }
}
