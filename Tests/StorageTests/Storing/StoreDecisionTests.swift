import DriverConformance
import Storage
import StowageContract
import TestSupport
import Testing

@Suite("What becomes of a store", .timeLimit(.minutes(1)))
struct StoreDecisionTests {
    /// What stands under the key when the store begins.
    enum Before: String, Sendable { case nothing, same, otherBytes, otherRequest, foreign }
    enum Source: String, Sendable { case same, gone, away }
    /// What comes of it.
    enum Outcome: Equatable, Sendable {
        case stored
        case present
        case fails(ErrorCode, ErrorPlace, String)
    }

    struct Row: Sendable, CustomTestStringConvertible {
        var before: Before
        /// Whether the task may have run before.
        var again: Bool
        var source = Source.same
        var outcome: Outcome

        var testDescription: String { "\(before.rawValue), again: \(again), source \(source.rawValue): \(outcome)" }
    }

    static let rows: [Row] = [
        Row(before: .nothing, again: false, outcome: .stored),
        Row(before: .nothing, again: true, outcome: .stored),
        Row(before: .same, again: false, outcome: .present),
        Row(before: .same, again: true, outcome: .present),
        Row(before: .otherBytes, again: false, outcome: .fails(.conflict, .driver, "other bytes")),
        Row(before: .otherBytes, again: true, outcome: .fails(.conflict, .driver, "other bytes")),
        Row(before: .otherRequest, again: false, outcome: .fails(.conflict, .driver, "differs")),
        Row(before: .otherRequest, again: true, outcome: .fails(.conflict, .driver, "differs")),
        Row(before: .foreign, again: false, outcome: .fails(.conflict, .driver, "an archive stands under the key")),
        Row(before: .foreign, again: true, outcome: .fails(.conflict, .driver, "an archive stands under the key")),
        Row(before: .nothing, again: false, source: .gone, outcome: .fails(.notFound, .source, "gone")),
        Row(before: .nothing, again: true, source: .gone, outcome: .fails(.notFound, .source, "gone")),
        Row(before: .same, again: true, source: .gone, outcome: .present),
        // On a first delivery nobody looks first: the source's absence is told.
        Row(before: .same, again: false, source: .gone, outcome: .fails(.notFound, .source, "gone")),
        Row(before: .same, again: true, source: .away, outcome: .fails(.unavailable, .source, "away")),
        Row(before: .otherRequest, again: true, source: .gone, outcome: .fails(.conflict, .driver, "differs")),
    ]

    @Test("follows from what stands under the key, from the source, and from nothing else", arguments: rows)
    func decisions(row: Row) async throws {
        let bench = try StorageBench()
        let storage = bench.storage()
        try await prepare(row.before, storage, bench)
        let before = bench.script.state.value.archives.mapValues(\.bytes)
        let request = try StoreRequest.of { $0.mayHaveRunBefore = row.again }
        do {
            let receipt = try await storage.store(request, from: source(row.source))
            #expect(row.outcome == (receipt.alreadyPresent ? .present : .stored))
            #expect(receipt.handle.sha256 == sha256([1, 2, 3]))
            #expect(receipt.sourceBytes == (row.source == .gone ? 0 : 3))
        } catch {
            guard case .fails(let code, let place, let message) = row.outcome else {
                Issue.record("must not fail: \(error)")
                return
            }
            #expect(error.code == code)
            #expect(error.place == place)
            #expect(error.message.contains(message))
            #expect(bench.script.state.value.archives.mapValues(\.bytes) == before, "nothing was changed")
        }
    }

    @Test("a conflict of bytes names both digests, one of requests the members and the digest that stands")
    func conflicts() async throws {
        let bench = try StorageBench()
        let storage = bench.storage()
        try await prepare(.otherBytes, storage, bench)
        let bytes = try await failure {
            try await storage.store(try StoreRequest.of(), from: BytesSource([1, 2, 3]))
        }
        #expect(bytes.retry == .permanent)
        #expect(!bytes.isAmbiguous)
        #expect(bytes.context["stored"] == sha256([9]))
        #expect(bytes.context["source"] == sha256([1, 2, 3]))
        let request = try StoreRequest.of { $0.mediaType = "text/plain" }
        let members = try await failure {
            try await storage.store(request, from: BytesSource([9]))
        }
        #expect(members.context["members"] == "mediaType")
        #expect(members.context["stored"] == sha256([9]))
    }

    @Test("an archive that another call has committed is flushed before anybody hears of it")
    func persists() async throws {
        for again in [true, false] {
            let bench = try StorageBench()
            let storage = bench.storage()
            _ = try await storage.store(try StoreRequest.of(), from: BytesSource([1]))
            #expect(!bench.script.calls.contains(.persist), "the writer has flushed its own")
            let request = try StoreRequest.of { $0.mayHaveRunBefore = again }
            bench.script.fail(.persist, .blip())
            let error = try await failure {
                try await storage.store(request, from: BytesSource([1]))
            }
            #expect(error.code == .unavailable)
            #expect(try await storage.store(request, from: BytesSource([1])).alreadyPresent)
            #expect(bench.script.calls.last == .persist)
            bench.script.fail(.persist, .blip())
            let unseen = try await failure { try await storage.lookup(request) }
            #expect(unseen.code == .unavailable)
            #expect(try await storage.lookup(request)?.alreadyPresent == true)
        }
    }

    @Test("a commit whose answer was lost is found by the next delivery")
    func lostAnswer() async throws {
        let bench = try StorageBench()
        let storage = bench.storage()
        bench.script.fail(.write, .blip(.timedOut, isAmbiguous: true), afterEffect: true)
        let error = try await failure {
            try await storage.store(try StoreRequest.of(), from: BytesSource([1]))
        }
        #expect(error.isAmbiguous)
        let request = try StoreRequest.of { $0.mayHaveRunBefore = true }
        #expect(try await storage.store(request, from: BytesSource([1])).alreadyPresent)
        #expect(bench.script.calls.count { $0 == .write } == 1)
    }

    @Test("looking up finds this request's archive, nothing, or somebody else's")
    func lookup() async throws {
        let bench = try StorageBench()
        let storage = bench.storage()
        #expect(try await storage.lookup(try StoreRequest.of()) == nil)
        _ = try await storage.store(try StoreRequest.of(), from: BytesSource([1]))
        #expect(try await storage.lookup(try StoreRequest.of())?.handle.size == 1)
        let other = try StoreRequest.of { $0.metadata = ["a": "b"] }
        let error = try await failure { try await storage.lookup(other) }
        #expect(error.code == .conflict)
        #expect(error.context["members"] == "metadata")
    }

    private func prepare(_ before: Before, _ storage: Storage, _ bench: StorageBench) async throws {
        switch before {
        case .nothing: break
        case .same: _ = try await storage.store(try StoreRequest.of(), from: BytesSource([1, 2, 3]))
        case .otherBytes: _ = try await storage.store(try StoreRequest.of(), from: BytesSource([9]))
        case .otherRequest:
            _ = try await storage.store(try StoreRequest.of { $0.legalHold = true }, from: BytesSource([1, 2, 3]))
        case .foreign:
            bench.script.state.change {
                $0.archives[ArchiveKey(trusted: "t1/a.bin")] = .init(bytes: [1, 2, 3], manifest: nil)
            }
        }
    }

    private func source(_ source: Source) -> any ArchiveSource {
        switch source {
        case .same: BytesSource([1, 2, 3])
        case .gone: ScriptedSource.gone
        case .away:
            ScriptedSource { () throws(StorageError) in
                throw StorageError(.unavailable, .transient(after: nil), "the source is away", at: .source)
            }
        }
    }
}
