import Observability
import ServiceRuntime
import Sharing
import Storage
import StowageContract
import StrictCoding
import TestSupport
import Testing

@Suite("The board of drivers", .timeLimit(.minutes(1)))
struct DriverBoardTests {
    @Test("a driver that stops answering is not asked, and who asks hears since when it is down")
    func refuses() async throws {
        let bench = try StorageBench()
        let board = DriverBoard([bench.name], time: bench.clock.time)
        // The retry is not what is looked at here.
        let storage = bench.storage(interceptors: [BreakerInterceptor(board)])
        bench.script.fail(.stat, .blip(), times: DriverBreaker.threshold)
        bench.clock.advance(by: .seconds(7))
        for _ in 0..<DriverBreaker.threshold { _ = try await failure { try await storage.stat(.key("t1/a.bin")) } }
        let error = try await failure { try await storage.stat(.key("t1/a.bin")) }
        #expect(error.code == .unavailable)
        #expect(error.place == .driver)
        #expect(error.retry == .transient(after: .seconds(30)))
        #expect(error.context["since"] == bench.moment(0).text)
        #expect(bench.script.calls.count == DriverBreaker.threshold)
        #expect(board.downSince(bench.name) == bench.moment(0))
        var outages = try #require(board.outages(of: bench.name)).makeAsyncIterator()
        #expect(await outages.next()?.since == bench.moment(0))
    }

    @Test("a probe passes, and only who made it says what it found")
    func probes() async throws {
        let bench = try StorageBench()
        let board = DriverBoard([bench.name], time: bench.clock.time)
        let storage = bench.storage(interceptors: [BreakerInterceptor(board)])
        #expect(!board.probed(bench.name, .blip()))
        try await storage.probe()
        #expect(board.downSince(bench.name) != nil)
        #expect(board.probed(bench.name, nil))
        #expect(try await storage.stat(.key("t1/a.bin")) == nil)
    }

    @Test("a probe needs no slot")
    func outOfTurn() async throws {
        let bench = try StorageBench()
        let storage = bench.storage { $0.concurrency = 1 }
        bench.script.hold(.stat)
        async let held = storage.stat(.key("t1/a.bin"))
        await bench.script.reached(.stat)
        try await storage.probeOutOfTurn()
        _ = try await storage.capacityOutOfTurn()
        bench.script.letGo(.stat)
        _ = try await held
    }

    @Test("a driver that cannot be opened is down, and is opened by a probe alone")
    func opening() async throws {
        let bench = try StorageBench()
        let board = DriverBoard([bench.name], time: bench.clock.time)
        var environment = bench.environment
        environment.breaker = board
        let api = StorageAPI(
            factory: StorageDriverFactory([ScriptedDriver.self]),
            drivers: [DriverDefinition(name: bench.name, type: "scripted", configuration: ["note": "x"])],
            environment: environment)
        try await DriverScript.$current.withValue(bench.script) {
            bench.script.fail(.open, .verdict(.unauthenticated))
            let first = try await failure { try await api.storage(bench.name) }
            #expect(first.code == .unauthenticated)
            let second = try await failure { try await api.storage(bench.name) }
            #expect(second.code == .unavailable)
            #expect(bench.script.calls == [.open])
            bench.script.fail(.open, .blip())
            await #expect(throws: StorageAPI.ProbeFailure.self) { try await api.probe(bench.name) }
            try await api.probe(bench.name)
            #expect(board.probed(bench.name, nil))
            _ = try await api.storage(bench.name)
            #expect(bench.script.calls == [.open, .open, .open, .probe])
        }
    }

    @Test("drivers that nobody watches are always asked")
    func unwatched() async throws {
        let bench = try StorageBench()
        let board = DriverBoard([], time: bench.clock.time)
        let storage = bench.storage(interceptors: [BreakerInterceptor(board)])
        bench.script.fail(.stat, .blip(), times: 9)
        for _ in 0..<9 { _ = try await failure { try await storage.stat(.key("t1/a.bin")) } }
        #expect(board.downSince(bench.name) == nil)
    }
}
