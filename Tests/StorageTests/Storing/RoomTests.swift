import DriverConformance
import Storage
import StowageContract
import TestSupport
import Testing

@Suite("The room that a store must leave", .timeLimit(.minutes(1)))
struct RoomTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var minimumBytes: Int64?
        var minimumPercent: Double?
        var total: Int64?
        var free: Int64?
        var size: Int64?
        var isRefused: Bool

        var testDescription: String {
            "\(size.map(String.init) ?? "unknown") bytes into \(free.map(String.init) ?? "unknown") of "
                + "\(total.map(String.init) ?? "unknown"), leaving \(minimumBytes ?? 0) or \(minimumPercent ?? 0) %"
        }
    }

    static let rows: [Row] = [
        Row(minimumBytes: 100, free: 103, size: 3, isRefused: false),
        Row(minimumBytes: 100, free: 102, size: 3, isRefused: true),
        Row(minimumBytes: 100, free: nil, size: 3, isRefused: false),
        Row(minimumPercent: 10, total: 1000, free: 103, size: 3, isRefused: false),
        Row(minimumPercent: 10, total: 1000, free: 102, size: 3, isRefused: true),
        Row(minimumPercent: 10, total: 1001, free: 103, size: 3, isRefused: true),
        Row(minimumPercent: 10, total: nil, free: 4, size: 3, isRefused: false),
        Row(minimumBytes: 100, minimumPercent: 50, total: 1000, free: 502, size: 3, isRefused: true),
        Row(minimumBytes: 600, minimumPercent: 50, total: 1000, free: 600, size: 3, isRefused: true),
        Row(minimumPercent: 100, total: .max, free: .max, size: 3, isRefused: true),
        Row(minimumBytes: .max, free: 0, size: 3, isRefused: true),
        // Of an archive without a size only this much is known: it needs room.
        Row(minimumBytes: 100, free: 100, size: nil, isRefused: false),
        Row(minimumBytes: 100, free: 99, size: nil, isRefused: true),
        Row(minimumPercent: 10, total: 1000, free: 99, size: nil, isRefused: true),
        Row(free: 0, size: 3, isRefused: false),
    ]

    @Test("is looked at before any byte moves", arguments: rows)
    func room(row: Row) async throws {
        let bench = try StorageBench()
        bench.script.state.change { $0.capacity = StoreCapacity(totalBytes: row.total, freeBytes: row.free) }
        let body = ScriptedBody([.bytes([1, 2, 3])], size: row.size)
        let storage = bench.storage {
            $0.minimumFreeBytes = row.minimumBytes
            $0.minimumFreePercent = row.minimumPercent
        }
        do {
            _ = try await storage.store(try StoreRequest.of(), from: ScriptedSource { body })
            #expect(!row.isRefused)
        } catch let error as StorageError {
            #expect(row.isRefused)
            #expect(error.code == .outOfSpace)
            #expect(error.place == .driver)
            #expect(error.retry == .transient(after: nil))
            #expect(error.context["free"] != nil)
            #expect(body.begun == 0)
            #expect(body.closed == 1)
        }
        #expect(bench.script.calls.contains(.capacity) == (row.minimumBytes != nil || row.minimumPercent != nil))
    }

    @Test("stores at the same time cannot take the same room twice")
    func together() async throws {
        let bench = try StorageBench()
        bench.script.state.change { $0.capacity = StoreCapacity(totalBytes: 1000, freeBytes: 105) }
        let storage = bench.storage { $0.minimumFreeBytes = 100 }
        bench.script.hold(.write)
        async let first = storage.store(try StoreRequest.of("t1"), from: BytesSource([1, 2, 3]))
        await bench.script.reached(.write)
        let error = try await failure {
            try await storage.store(try StoreRequest.of("t2"), from: BytesSource([1, 2, 3]))
        }
        #expect(error.code == .outOfSpace)
        bench.script.letGo(.write)
        _ = try await first
    }

    @Test("is asked for once a second, and counts what was stored since")
    func remembered() async throws {
        let bench = try StorageBench()
        bench.script.state.change { $0.capacity = StoreCapacity(totalBytes: 1000, freeBytes: 107) }
        let storage = bench.storage { $0.minimumFreeBytes = 100 }
        for id in ["t1", "t2"] { _ = try await storage.store(try StoreRequest.of(id), from: BytesSource([1, 2, 3])) }
        let error = try await failure {
            try await storage.store(try StoreRequest.of("t3"), from: BytesSource([1, 2, 3]))
        }
        #expect(error.context["free"] == "101")
        #expect(bench.script.calls.count { $0 == .capacity } == 1)
        bench.clock.advance(by: .seconds(1))
        _ = try await storage.store(try StoreRequest.of("t3"), from: BytesSource([1, 2, 3]))
        #expect(bench.script.calls.count { $0 == .capacity } == 2)
    }

    @Test("a store that cannot say how much room it has takes everything")
    func silent() async throws {
        let bench = try StorageBench()
        bench.script.state.change { $0.capabilities.capacity = false }
        let storage = bench.storage { $0.minimumFreeBytes = .max }
        _ = try await storage.store(try StoreRequest.of(), from: BytesSource([1]))
        #expect(try await storage.capacity() == StoreCapacity())
        #expect(!bench.script.calls.contains(.capacity))
    }

    @Test("what runs is promised for as long as it runs, however often the store is asked")
    func promised() async throws {
        let gibibyte: Int64 = 1 << 30
        let bench = try StorageBench()
        bench.script.state.change { $0.capacity = StoreCapacity(totalBytes: 100 * gibibyte, freeBytes: 20 * gibibyte) }
        let storage = bench.storage { $0.minimumFreeBytes = 1 }
        let refused = Watched(0)
        bench.script.hold(.write)
        bench.script.fail(.write, .blip())
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<8 {
                let body = ScriptedBody([], size: 10 * gibibyte)
                group.addTask {
                    let error = try await failure {
                        try await storage.store(try StoreRequest.of("t\(number)"), from: ScriptedSource { body })
                    }
                    if error.code == .outOfSpace { refused.change { $0 += 1 } }
                }
                if number == 0 { await bench.script.reached(.write) } else { await refused.first { $0 == number } }
                // What was read of the capacity is too old for the next one.
                bench.clock.advance(by: .seconds(2))
            }
            bench.script.letGo(.write)
            try await group.waitForAll()
        }
        #expect(refused.value == 7)
        #expect(bench.script.calls.count { $0 == .capacity } == 8)
        // A store that failed has left nothing: its room is free again.
        bench.clock.advance(by: .seconds(2))
        bench.script.fail(.write, .blip())
        let error = try await failure {
            try await storage.store(
                try StoreRequest.of("t9"), from: ScriptedSource { ScriptedBody([], size: 10 * gibibyte) })
        }
        #expect(error.code == .unavailable)
    }

    @Test("what a running store has brought is not counted twice")
    func brought() async throws {
        let bench = try StorageBench()
        bench.script.state.change { $0.capacity = StoreCapacity(totalBytes: 1000, freeBytes: 110) }
        let storage = bench.storage { $0.minimumFreeBytes = 100 }
        let ends = Watched(false)
        let body = ScriptedBody([.bytes([1, 2, 3, 4]), .wait { await ends.first { $0 } }, .bytes([5, 6])], size: 6)
        async let first = storage.store(try StoreRequest.of("t1"), from: ScriptedSource { body })
        await body.waitForSteps(2)
        // Four of the six bytes show in what the store tells now.
        bench.script.state.change { $0.capacity = StoreCapacity(totalBytes: 1000, freeBytes: 106) }
        bench.clock.advance(by: .seconds(2))
        let error = try await failure {
            try await storage.store(try StoreRequest.of("t2"), from: BytesSource([1, 2, 3, 4, 5]))
        }
        #expect(error.context["free"] == "104")
        _ = try await storage.store(try StoreRequest.of("t3"), from: BytesSource([1, 2, 3, 4]))
        ends.change { $0 = true }
        _ = try await first
    }
}
