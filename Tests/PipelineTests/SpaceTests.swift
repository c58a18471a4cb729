import Messaging
import Observability
import Pipeline
import ServiceRuntime
import Storage
import StowageContract
import StrictCoding
import TestSupport
import Testing

@Suite("The room of drivers", .timeLimit(.minutes(1)))
struct SpaceTests {
    private func settings(bytes: Int64? = nil, percent: Double? = nil) -> DriverSettings {
        var settings = DriverSettings()
        settings.minimumFreeBytes = bytes
        settings.minimumFreePercent = percent
        return settings
    }

    @Test("is low once on the way down, and again only after it was not")
    func crossing() {
        var level = SpaceLevel()
        let settings = settings(bytes: 10)
        let said = [11, 10, 9, 5, nil, 8, 10, 9].map { free in
            level.note(StoreCapacity(totalBytes: 100, freeBytes: free), settings)
        }
        #expect(said == [nil, nil, 10, nil, nil, nil, nil, 10])
        #expect(level.isLow)
    }

    @Test("is measured by the larger minimum, and without one never low")
    func minimums() {
        var both = SpaceLevel()
        let capacity = StoreCapacity(totalBytes: 1000, freeBytes: 99)
        #expect(both.note(capacity, settings(bytes: 50, percent: 10)) == 100)
        var none = SpaceLevel()
        #expect(none.note(StoreCapacity(totalBytes: 1000, freeBytes: 0), settings()) == nil)
        #expect(!none.isLow)
    }

    @Test("is looked at on a schedule, said once, and shown")
    func watched() async throws {
        let harness = try await PipelineHarness()
        let script = try #require(harness.scripts["a"])
        let api = harness.api(minimumFreeBytes: 50)
        let names = [try #require(DriverName("a"))]
        let logger = Logger(sink: RecordingLogSink())
        let notifications = NotificationService(
            outbox: Outbox(
                broker: harness.broker, time: harness.clock.time, logger: logger, metrics: harness.metrics),
            names: harness.names, worker: "w-1", time: harness.clock.time, logger: logger, metrics: harness.metrics)
        script.capacity = StoreCapacity(totalBytes: 100, usedBytes: 51, freeBytes: 49)
        let watch = SpaceWatch(
            board: harness.board, api: api, drivers: names, every: .seconds(300), notifications: notifications,
            time: harness.clock.time, logger: logger, metrics: harness.metrics)
        let watching = Task { try await watch.run() }
        for expected in [49, 48] {
            script.capacity = StoreCapacity(totalBytes: 100, freeBytes: Int64(expected))
            if expected == 48 { harness.clock.advance(by: .seconds(300)) }
            let event = try await harness.driverEvent()
            #expect(event.routingKey == "space-low.a.none.none")
            guard case .spaceLow(let capacity, let minimum) = event.happening else { throw UnexpectedTurn("\(event)") }
            #expect(capacity.freeBytes == Int64(expected))
            #expect(minimum == 50)
            // Still low: nothing more is said. Then there is room again.
            try await look(harness)
            script.capacity = StoreCapacity(totalBytes: 100, freeBytes: 50)
            try await look(harness)
        }
        let figures = Dictionary(
            harness.metrics.snapshot().map { ($0.name.name, $0.value) }, uniquingKeysWith: { first, _ in first })
        #expect(figures["stowage_driver_free_bytes"] == 50)
        #expect(figures["stowage_driver_total_bytes"] == 100)
        watching.cancel()
        _ = await watching.result
    }

    private func settled(_ harness: PipelineHarness) async throws {
        try await require(eventually: "the watch to sleep") { harness.clock.remaining.contains(.seconds(300)) }
    }

    private func look(_ harness: PipelineHarness) async throws {
        try await settled(harness)
        harness.clock.advance(by: .seconds(300))
        try await settled(harness)
    }
}

extension PipelineHarness {
    /// The same drivers with a minimum of free space.
    func api(minimumFreeBytes: Int64) -> StorageAPI {
        StorageAPI(
            factory: StorageDriverFactory([ScriptedDriver.self]),
            drivers: ["a", "b"].compactMap { DriverName($0) }.map { name in
                var settings = DriverSettings()
                settings.minimumFreeBytes = minimumFreeBytes
                return DriverDefinition(
                    name: name, type: "scripted", settings: settings,
                    configuration: ["script": .string(scripts[name.text]?.name ?? "")])
            },
            environment: StorageEnvironment(
                blocking: BlockingPool(threads: 1), time: clock.time, metrics: metrics,
                logger: Logger(sink: RecordingLogSink())))
    }
}
