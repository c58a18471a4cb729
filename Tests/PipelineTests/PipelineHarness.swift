import Sharing
import FileSystem
import Foundation
import Messaging
import Observability
import Pipeline
import ServiceRuntime
import Storage
import StorageDrivers
import StowageContract
import StrictCoding
import TestSupport
import Testing

/// A worker on a broker in memory, its drivers scripted, its clock turned by hand.
final class PipelineHarness: Sendable {
    static let levels = [
        RetryLevel(name: "5s", milliseconds: 5000), RetryLevel(name: "30s", milliseconds: 30_000),
    ]

    let clock = ManualClock()
    let server: InMemoryServer
    let producer: InMemoryBroker
    let broker: InMemoryBroker
    /// The same, as the consumers see it.
    let hesitant: HesitantBroker
    let names = TopologyNames(prefix: "stowage")
    let api: StorageAPI
    let spool: TemporaryFolder
    var spoolRoots: SpoolRoots { SpoolRoots([spool.path]) }
    let metrics = MetricsRegistry()
    let shutdown = ShutdownSignal()
    let control: ControlBoard
    let log = RecordingLogSink()
    let scripts: [String: DriverScript]
    let watchdog: Watchdog
    private let events: any MessageConsumer
    private let manager: ArchivingManager
    private let expiry: Task<Void, Never>
    private let isWatched: Bool
    let board: DriverBoard
    private let watch: DriverWatch?
    /// Read, but not asked for yet.
    private let unread = Guarded<[StowageEvent]>([])

    /// Drivers `a` (fallback `b`) and `b`, unless told otherwise; those of `presigning` are memories that give out URLs;
    /// with `watchesDrivers` they can go down.
    ///
    /// `isWatched`: the watchdog sleeps on the clock too. Nobody is let to consume `queues`.
    init(
        fallbacks: [String: [String]] = ["a": ["b"]], presigning: [String] = [], watchesDrivers: Bool = false,
        concurrency: Int = DriverSettings().concurrency, isWatched: Bool = false,
        locations: Locations = Locations(LocationPolicy()), withholding queues: Set<String> = []
    ) async throws {
        self.isWatched = isWatched
        server = InMemoryServer(time: clock.time)
        let admin = InMemoryBroker(server: server, user: "admin")
        producer = InMemoryBroker(server: server, user: "producer")
        broker = InMemoryBroker(server: server, user: "worker")
        spool = try TemporaryFolder()
        let drivers = ["a", "b"].compactMap { DriverName($0) }
        let topology = Topology(prefix: "stowage", drivers: drivers, levels: Self.levels)
        try await topology.declare(on: admin)
        try await admin.declare(.queue(name: "listener", arguments: [:]), passive: false)
        try await admin.declare(
            .binding(.init(exchange: "stowage.events", queue: "listener", routingKey: "#")), passive: false)
        events = try await admin.consume("listener", ConsumerOptions(channels: 1, prefetch: 1000))
        let id = UUID().uuidString
        scripts = ["a": DriverScript(name: id + "a"), "b": DriverScript(name: id + "b")]
        let logger = log.logger
        control = ControlBoard(worker: "w-1", drivers: drivers)
        let blocking = BlockingPool(threads: 4)
        let time = clock.time
        board = DriverBoard(watchesDrivers ? drivers : [], time: time)
        let throttle = ConsumerThrottle()
        api = StorageAPI(
            factory: StorageDriverFactory([ScriptedDriver.self, PresigningDriver.self]),
            drivers: drivers.map { name in
                var settings = DriverSettings()
                settings.concurrency = concurrency
                settings.fallbacks = (fallbacks[name.text] ?? []).compactMap { DriverName($0) }
                if presigning.contains(name.text) {
                    return DriverDefinition(name: name, type: PresigningDriver.type, settings: settings)
                }
                return DriverDefinition(
                    name: name, type: "scripted", settings: settings,
                    configuration: ["script": .string(id + name.text)])
            },
            environment: StorageEnvironment(
                blocking: blocking, time: time, metrics: metrics, logger: logger, breaker: board))
        let configuration = PipelineConfiguration(
            names: names, worker: "w-1", retry: RetryPolicy(maximumAttempts: 4, levels: Self.levels),
            drivers: drivers, leastResumableBytes: 1 << 20)
        let outbox = Outbox(broker: broker, time: time, logger: logger, metrics: metrics)
        let notifications = NotificationService(
            outbox: outbox, names: names, worker: "w-1", time: time, logger: logger, metrics: metrics)
        let reader = TaskReader(trust: HeaderTrust(users: ["worker"]), inlineBytes: 4096) { [api] in
            api.settings(of: $0)
        }
        let settler = TaskSettler(
            broker: broker, outbox: outbox, notifications: notifications, names: names, time: time)
        watchdog = Watchdog(time: time, logger: logger, metrics: metrics)
        let taskWatch = TaskWatch(watchdog: watchdog, notifications: notifications, progressInterval: .seconds(10))
        let lastWord = LastWord(
            worker: "w-1", broker: broker, reader: reader, settler: settler,
            look: LastLook(
                api: api, spool: SpoolRoots([spool.path]), blocking: blocking, locations: locations, watch: taskWatch),
            time: time)
        let clerk = TaskClerk(
            broker: broker, reader: reader,
            runner: TaskRunner(
                configuration: configuration, api: api, spool: SpoolRoots([spool.path]), blocking: blocking,
                locations: locations, time: time, control: control, board: board, watch: taskWatch),
            settler: settler,
            undertaker: Undertaker(
                configuration: configuration, broker: broker, reader: reader, settler: settler, lastWord: lastWord,
                time: time),
            lastWord: lastWord, time: time, logger: logger, metrics: metrics, shutdown: shutdown,
            acknowledgementTimeout: configuration.acknowledgementTimeout)
        hesitant = HesitantBroker(broker, withholding: queues)
        manager = ArchivingManager(
            configuration: configuration, broker: hesitant, slots: 8, concurrency: { _ in 4 }, throttle: throttle,
            clerk: clerk, control: control, time: time, logger: logger, shutdown: shutdown)
        watch =
            watchesDrivers
            ? DriverWatch(
                board: board, api: api, served: drivers, throttle: throttle, notifications: notifications, time: time,
                logger: logger, metrics: metrics) : nil
        expiry = Task { [server] in await server.run() }
    }

    /// Runs the worker while `body` runs, then shuts it down cleanly.
    func whileWorking(_ body: () async throws -> Void) async throws {
        let watching = Task { [watch] in try await watch?.run() }
        defer { watching.cancel() }
        async let ended: Void = manager.run()
        let looking = Task { [isWatched, watchdog] in if isWatched { try await watchdog.run() } }
        defer { looking.cancel() }
        do { try await body() } catch {
            shutdown.request()
            try? await ended
            throw error
        }
        shutdown.request()
        try await ended
        expiry.cancel()
    }

    /// Runs the worker until it ends by itself or is told to.
    func work() async throws { try await manager.run() }

    /// Lets the watchdog look `seconds` times, once a second.
    func look(for seconds: Int) async {
        for _ in 0..<seconds {
            await clock.waitForSleepers()
            clock.advance(by: Watchdog.interval)
        }
        await clock.waitForSleepers()
    }

    /// Publishes as the producer; returns what the broker said.
    @discardableResult
    func send(
        _ body: String, key: String, _ change: (inout MessageProperties) -> Void = { _ in }
    ) async throws -> PublishOutcome {
        var properties = MessageProperties()
        properties.contentType = "application/json"
        change(&properties)
        return try await producer.publish(
            OutgoingMessage(
                exchange: names.tasks, routingKey: key, isMandatory: true, properties: properties,
                body: Array(body.utf8)))
    }

    /// Sends an inline store of `text`.
    func store(_ id: String, _ text: String = "bytes", on driver: String = "a", more: String = "") async throws {
        let inline = Data(text.utf8).base64EncodedString()
        let body = """
            {"id":"\(id)","operation":"store","driver":"\(driver)",
             "data":{"name":"n.txt","source":{"inline":"\(inline)"}\(more)}}
            """
        #expect(try await send(body, key: "\(driver).store") == .confirmed)
    }

    /// The next message of the events' exchange, and the event about a task that it brings.
    func arrival() async throws -> (event: TaskEvent, delivery: Delivery) {
        for await delivery in events.deliveries {
            guard case .complete(let body) = delivery.body else { continue }
            return (try TaskEvent.read(body: body), delivery)
        }
        throw CancellationError()
    }

    /// The next event about a task, in the order in which they were published.
    func event() async throws -> TaskEvent {
        let event = try await event { if case .task = $0 { true } else { false } }
        guard case .task(let event) = event else { throw CancellationError() }
        return event
    }

    /// The next event about a driver.
    func driverEvent() async throws -> DriverEvent {
        let event = try await event { if case .driver = $0 { true } else { false } }
        guard case .driver(let event) = event else { throw CancellationError() }
        return event
    }

    private func event(where isWanted: (StowageEvent) -> Bool) async throws -> StowageEvent {
        let known = unread.withLock { unread in unread.firstIndex(where: isWanted).map { unread.remove(at: $0) } }
        if let known { return known }
        for await delivery in events.deliveries {
            guard case .complete(let body) = delivery.body else { continue }
            #expect(delivery.properties.userID == nil || delivery.properties.userID == "worker")
            let event = try StowageEvent.read(body: body)
            switch event {
            case .task(let event):
                #expect(delivery.properties.messageID == event.id)
                #expect(delivery.routingKey == event.routingKey)
            case .driver(let event):
                #expect(delivery.properties.messageID == event.id)
                #expect(delivery.routingKey == event.routingKey)
            }
            if isWanted(event) { return event }
            unread.withLock { $0.append(event) }
        }
        throw CancellationError()
    }

    /// The events until, and with, the first final one.
    func eventsToTheEnd() async throws -> [TaskEvent] {
        var all: [TaskEvent] = []
        while true {
            all.append(try await event())
            if all.last?.type.isFinal == true { return all }
        }
    }

    /// Messages that wait in a queue.
    func waiting(in queue: String) -> [OutgoingMessage] { server.messages(in: queue) }

    /// The bytes that a driver holds under a key; `nil`: none.
    func stored(_ key: String, on driver: String) async throws -> String? {
        guard let name = DriverName(driver) else { return nil }
        let storage = try await api.storage(name)
        guard try await storage.stat(.key(key)) != nil else { return nil }
        let bytes = try await storage.withArchive(.key(key), range: nil) {
            (body, _) async throws(StorageError) -> [UInt8] in
            var bytes: [UInt8] = []
            while let chunk = try await body.next() { bytes += chunk }
            return bytes
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension TaskEvent {
    /// The outcome with the code of its error: `succeeded`, `failed invalid-task`.
    var summary: String {
        switch happening {
        case .failed(let error, _, _), .retrying(let error, _), .failedOver(let error, _, _):
            "\(type.outcome) \(error.code.rawValue)"
        case .succeeded, .cancelled, .progress, .sourceKept: type.outcome
        }
    }

    var storeResult: StoreResult? {
        if case .succeeded(.store(let result), _, _) = happening { result } else { nil }
    }

    var attempts: [AttemptRecord] {
        switch happening {
        case .succeeded(_, _, let attempts), .failed(_, let attempts, _): attempts
        default: []
        }
    }
}
