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
}
