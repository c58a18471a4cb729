import Storage
import StowageContract
import TestSupport
import Testing

@Suite("Checking a driver", .timeLimit(.minutes(1)))
struct CheckTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var what: String
        var data = CheckData()
        var prepare: @Sendable (inout DriverScript.State) -> Void = { _ in }
        var settings: @Sendable (inout DriverSettings) -> Void = { _ in }
        /// One letter for each step in the order of the contract: passed, failed, skipped.
        var outcomes: String

        var testDescription: String { what }
    }

    static let rows: [Row] = [
        Row(what: "all is well", outcomes: "pppppssp"),
        Row(what: "not to write", data: CheckData(write: false), outcomes: "ppssssss"),
        Row(what: "read-only", settings: { $0.readOnly = true }, outcomes: "ppssssss"),
        Row(
            what: "not reachable", prepare: { $0.faults = [.init(call: .probe, error: .blip())] },
            outcomes: "fsssssss"),
        Row(
            what: "not let in", prepare: { $0.faults = [.init(call: .probe, error: .verdict(.unauthenticated))] },
            outcomes: "pfssssss"),
        Row(
            what: "not permitted", prepare: { $0.faults = [.init(call: .probe, error: .verdict(.permissionDenied))] },
            outcomes: "pfssssss"),
        Row(
            what: "writes fail", prepare: { $0.faults = [.init(call: .write, error: .verdict())] },
            outcomes: "ppfsssss"),
        Row(
            what: "reads fail",
            prepare: {
                $0.proof = .reread; $0.faults = [.init(call: .read, error: .verdict())]
            }, outcomes: "pppfpssp"),
        Row(
            what: "other bytes are read back",
            prepare: {
                $0.proof = .reread; $0.damage = [UInt8](repeating: 0, count: 4096)
            }, outcomes: "pppfpssp"),
        Row(what: "archives are replaced", prepare: { $0.capabilities.atomicCreate = false }, outcomes: "ppppfssp"),
        Row(
            what: "deletions fail", prepare: { $0.faults = [.init(call: .delete, error: .blip())] },
            outcomes: "pppppssf"),
        Row(
            what: "a locking store is not written to unasked", prepare: { $0.capabilities.retention = true },
            outcomes: "ppssssss"),
        Row(
            what: "a locking store, asked", data: CheckData(worm: true),
            prepare: {
                $0.capabilities.retention = true; $0.enforces = true
            }, outcomes: "ppppppps"),
        Row(
            what: "a store that says it locks and does not", data: CheckData(worm: true),
            prepare: { $0.capabilities.retention = true }, outcomes: "pppppffs"),
        Row(what: "retention enforced here", data: CheckData(worm: true), outcomes: "ppppppps"),
    ]

    @Test("tells of each step how it went", arguments: rows)
    func steps(row: Row) async throws {
        let bench = try StorageBench()
        bench.script.state.change { row.prepare(&$0) }
        let storage = bench.storage { row.settings(&$0) }
        let result = try await storage.check(row.data, taskID: try #require(TaskID("check-task")))
        #expect(result.steps.map(\.name) == CheckResult.Step.Name.allCases)
        #expect(String(result.steps.compactMap(\.outcome.rawValue.first)) == row.outcomes)
        #expect(result.ok == !row.outcomes.contains("f"))
        for step in result.steps {
            #expect((step.error != nil) == (step.outcome == .failed))
            #expect(step.milliseconds >= 0)
            if let error = step.error { #expect(error.driver == bench.name) }
        }
        if result.ok, !row.data.worm { #expect(bench.standing.isEmpty, "it leaves nothing behind") }
    }

    @Test("leaves only what a lock forbids to delete, below its own folder and the prefix")
    func leftovers() async throws {
        let bench = try StorageBench()
        let storage = bench.storage { $0.prefix = "front" }
        _ = try await storage.check(CheckData(worm: true), taskID: try #require(TaskID("check-task")))
        #expect(bench.standing.count == 1)
        #expect(bench.standing[0].hasPrefix("front/stowage-check/check-"))
    }

    @Test("ends with the task that asked for it")
    func cancelled() async throws {
        let bench = try StorageBench()
        let storage = bench.storage()
        let id = try #require(TaskID("check-task"))
        bench.script.hold(.probe)
        let task = Task { try await storage.check(CheckData(write: false), taskID: id) }
        await bench.script.reached(.probe)
        task.cancel()
        bench.script.letGo(.probe)
        let result = await task.result
        let error = #expect(throws: StorageError.self) { try result.get() }
        #expect(error?.code == .cancelled)
    }
}
