import DriverConformance
import Storage
import StowageContract
import TestSupport
import Testing

@Suite("How many calls a storage makes at once", .timeLimit(.minutes(1)))
struct ConcurrencyTests {
    @Test("no more than configured, of whatever kind")
    func atOnce() async throws {
        let bench = try StorageBench()
        let storage = bench.storage { $0.concurrency = 2 }
        bench.script.hold(.stat)
        bench.script.hold(.probe)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<2 { group.addTask { _ = try await storage.stat(.key("t1/a.bin")) } }
            await bench.script.reached(.stat, 2)
            group.addTask { try await storage.probe() }
            #expect(bench.script.calls == [.stat, .stat])
            bench.script.letGo(.stat)
            await bench.script.reached(.probe)
            bench.script.letGo(.probe)
            try await group.waitForAll()
        }
        #expect(bench.script.calls == [.stat, .stat, .probe])
    }

    @Test("bytes handed out count until they are consumed")
    func consumption() async throws {
        let bench = try StorageBench()
        let storage = bench.storage { $0.concurrency = 1 }
        _ = try await storage.store(try StoreRequest.of(), from: BytesSource([1]))
        let gate = Watched(false)
        let begun = Watched(false)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await storage.withArchive(.key("t1/a.bin")) { (body, _) async throws(StorageError) in
                    while try await body.next() != nil {}
                    begun.change { $0 = true }
                    await gate.first { $0 }
                }
            }
            await begun.first { $0 }
            group.addTask { try await storage.probe() }
            // The one slot is taken: whoever is cancelled while he waits for it has not reached the driver.
            let waiting = Task { try await storage.probe() }
            waiting.cancel()
            let result = await waiting.result
            #expect(throws: StorageError.self) { try result.get() }
            #expect(!bench.script.calls.contains(.probe))
            gate.change { $0 = true }
            try await group.waitForAll()
        }
        #expect(bench.script.calls.last == .probe)
    }

    @Test("a slot comes back from every failure")
    func failures() async throws {
        let bench = try StorageBench()
        let storage = bench.storage { $0.concurrency = 1 }
        for call in [DriverCall.write, .stat, .read, .delete, .list, .probe, .capacity] {
            bench.script.fail(call, .verdict())
        }
        let task = try #require(TaskID("x"))
        let request = try StoreRequest.of()
        let attempts: [() async throws -> Void] = [
            { _ = try await storage.store(request, from: BytesSource([1])) },
            { _ = try await storage.store(request, from: ScriptedSource.gone) },
            { _ = try await storage.stat(.key("t1/a.bin")) },
            { _ = try await storage.delete(.key("t1/a.bin"), taskID: task) },
            { _ = try await storage.list(ListData()) },
            { try await storage.probe() },
            { _ = try await storage.capacity() },
        ]
        for attempt in attempts { _ = try await failure(attempt) }
        bench.script.state.change { $0.faults = [] }
        try await storage.probe()
    }

    @Test("an archive read for another storage counts apart, until its body is closed")
    func sources() async throws {
        let bench = try StorageBench()
        let storage = bench.storage { $0.concurrency = 1 }
        _ = try await storage.store(try StoreRequest.of(), from: BytesSource([1, 2]))
        let source = storage.source(.key("t1/a.bin"))
        let body = try await source.open()
        #expect(body.size == 2)
        let copy = try StoreRequest.of("t2")
        _ = try await storage.store(copy, from: BytesSource([1, 2]))
        let waiting = Task { try await source.open() }
        waiting.cancel()
        let result = await waiting.result
        #expect(throws: StorageError.self) { _ = try result.get() }
        await body.close()
        let second = try await source.open()
        await second.close()
    }
}
