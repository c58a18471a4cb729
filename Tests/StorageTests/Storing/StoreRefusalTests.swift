import DriverConformance
import Storage
import StowageContract
import StrictCoding
import TestSupport
import Testing

@Suite("Stores that are refused", .timeLimit(.minutes(1)))
struct StoreRefusalTests {
    /// A request that is refused before any byte moves.
    struct Row: Sendable, CustomTestStringConvertible {
        var what: String
        var code: ErrorCode
        var place = ErrorPlace.driver
        var settings: @Sendable (inout DriverSettings) -> Void = { _ in }
        var capabilities: @Sendable (inout StoreCapabilities) -> Void = { _ in }
        var request: @Sendable (inout StoreRequest) -> Void = { _ in }

        var testDescription: String { what }
    }

    static let rows: [Row] = [
        Row(what: "the driver takes no writes", code: .readOnly, settings: { $0.readOnly = true }),
        Row(
            what: "only a store could enforce the retention", code: .unsupported,
            request: {
                $0.retention = Retention(
                    mode: .governance, until: Timestamp(millisecondsSinceEpoch: 4_000_000_000_000), enforcedBy: .store)
            }),
        Row(
            what: "the task says a size above the largest archive", code: .tooLarge,
            capabilities: { $0.largestArchiveBytes = 2 }, request: { $0.size = 3 }),
        Row(
            what: "the source says a size above the largest archive", code: .tooLarge,
            capabilities: { $0.largestArchiveBytes = 2 }),
        Row(
            what: "an option is not the driver's", code: .invalidTask, place: .task, request: { $0.options = ["x": 1] }),
        Row(
            what: "the key is longer than the store allows", code: .invalidTask, place: .task,
            capabilities: { $0.longestKeyBytes = 7 }),
        Row(
            what: "the key is too long with its prefix", code: .invalidTask, place: .task,
            settings: { $0.prefix = "front" }, capabilities: { $0.longestKeyBytes = 8 }),
        Row(
            what: "a segment is longer than the store allows", code: .invalidTask, place: .task,
            capabilities: { $0.longestSegmentBytes = 4 }),
        Row(
            what: "a segment of the prefix is longer than the store allows", code: .invalidTask, place: .task,
            settings: { $0.prefix = "a/beyond" }, capabilities: { $0.longestSegmentBytes = 5 }),
        Row(what: "the name breaks a rule", code: .invalidTask, place: .task, request: { $0.name = "a/b" }),
        Row(what: "the path breaks a rule", code: .invalidTask, place: .task, request: { $0.path = "a/../b" }),
        Row(
            what: "the key of a copy breaks a rule", code: .invalidTask, place: .task,
            request: { $0.key = ArchiveKey(trusted: "a.bin") }),
    ]

    @Test("before any byte moves", arguments: rows)
    func refused(row: Row) async throws {
        let bench = try StorageBench()
        bench.script.state.change { row.capabilities(&$0.capabilities) }
        let body = ScriptedBody([.bytes([1, 2, 3])], size: 3)
        let request = try StoreRequest.of { row.request(&$0) }
        let storage = bench.storage { row.settings(&$0) }
        let error = try await failure {
            try await storage.store(request, from: ScriptedSource { body })
        }
        #expect(error.code == row.code)
        #expect(error.retry == .permanent)
        #expect(error.place == row.place)
        #expect(body.begun == 0)
        #expect(!bench.script.calls.contains(.write))
        #expect(bench.standing.isEmpty)
    }

    @Test("limits that are just met are none", arguments: [255, 5])
    func met(segment: Int) async throws {
        let bench = try StorageBench()
        bench.script.state.change {
            $0.capabilities.longestKeyBytes = 8
            $0.capabilities.longestSegmentBytes = segment
            $0.capabilities.largestArchiveBytes = 3
        }
        let request = try StoreRequest.of {
            $0.retention = Retention(mode: .governance, until: bench.moment(60), enforcedBy: .stowage)
            $0.options = ["class": "cold"]
        }
        let receipt = try await bench.storage().store(request, from: BytesSource([1, 2, 3]))
        #expect(receipt.retention?.enforcedBy == .stowage)
        #expect(bench.standing == ["t1/a.bin"])
    }

    @Test("a store that locks enforces a retention, whoever asked")
    func enforced() async throws {
        let bench = try StorageBench()
        bench.script.state.change { $0.capabilities.retention = true }
        let request = try StoreRequest.of {
            $0.retention = Retention(mode: .compliance, until: bench.moment(60), enforcedBy: .store)
        }
        #expect(try await bench.storage().store(request, from: BytesSource([1])).retention?.enforcedBy == .store)
    }

    /// Bytes that are not those promised.
    static let wrong: [(String, @Sendable (inout StoreRequest) -> Void, Int64?, StorageError.Retry)] = [
        ("fewer than the task says", { $0.size = 4 }, nil, .permanent),
        ("more than the task says", { $0.size = 2 }, nil, .permanent),
        ("another digest than the task says", { $0.sha256 = sha256([3, 2, 1]) }, nil, .permanent),
        // Whoever still writes to the source may have finished by the next delivery.
        ("fewer than the source said", { _ in }, 4, .transient(after: nil)),
        ("more than the source said", { _ in }, 2, .transient(after: nil)),
    ]

    @Test("bytes that are not those promised are not sealed, and discarded", arguments: wrong)
    func sealing(
        what: String, change: @Sendable (inout StoreRequest) -> Void, size: Int64?, retry: StorageError.Retry
    ) async throws {
        let bench = try StorageBench()
        let body = ScriptedBody([.bytes([1]), .bytes([2, 3])], size: size)
        let request = try StoreRequest.of("t1", change)
        let storage = bench.storage()
        let error = try await failure {
            try await storage.store(request, from: ScriptedSource { body })
        }
        #expect(error.code == .integrityMismatch)
        #expect(error.place == .source)
        #expect(error.retry == retry)
        #expect(error.context["expected"] != nil)
        #expect(bench.script.state.value.discarded == 1)
        #expect(bench.standing.isEmpty)
        #expect(body.closed == 1)
    }

    @Test("an archive that turns out too large is broken off")
    func tooLarge() async throws {
        let bench = try StorageBench()
        bench.script.state.change { $0.capabilities.largestArchiveBytes = 2 }
        let body = ScriptedBody([.bytes([1]), .bytes([2, 3]), .bytes([4])])
        let storage = bench.storage()
        let error = try await failure {
            try await storage.store(try StoreRequest.of(), from: ScriptedSource { body })
        }
        #expect(error.code == .tooLarge)
        #expect(body.begun == 2)
        #expect(body.closed == 1)
        #expect(bench.standing.isEmpty)
    }
}
