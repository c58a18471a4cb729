import Storage
import StowageContract
import StrictCoding
import TestSupport
import Testing

@Suite("Which requests are the same", .timeLimit(.minutes(1)))
struct FingerprintTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var what: String
        var stored: @Sendable (inout StoreRequest) -> Void = { _ in }
        var asked: @Sendable (inout StoreRequest) -> Void = { _ in }
        /// The members that the conflict names; `nil`: the same request.
        var members: String?

        var testDescription: String { what }
    }

    private static let until = Timestamp(millisecondsSinceEpoch: 4_000_000_000_000)
    private static let digest = sha256([1, 2, 3])

    /// A copy that keeps the archive's key.
    @Sendable private static func copy(_ request: inout StoreRequest) {
        request.operation = .copy
        request.taskID = TaskID("c1") ?? request.taskID
        request.key = ArchiveKey(trusted: "t1/a.bin")
    }

    static let rows: [Row] = [
        Row(what: "nothing differs", members: nil),
        Row(what: "options are no part of it", asked: { $0.options = ["class": "cold"] }, members: nil),
        Row(what: "size left out", stored: { $0.size = 3 }, members: "size"),
        Row(what: "size said later", asked: { $0.size = 3 }, members: "size"),
        Row(what: "digest said later", asked: { $0.sha256 = digest }, members: "sha256"),
        Row(what: "another type", asked: { $0.mediaType = "text/plain" }, members: "mediaType"),
        Row(
            what: "another value", stored: { $0.metadata = ["a": "1"] }, asked: { $0.metadata = ["a": "2"] },
            members: "metadata"),
        Row(
            what: "values of other bytes that look the same", stored: { $0.metadata = ["a": "\u{E9}"] },
            asked: { $0.metadata = ["a": "e\u{301}"] }, members: "metadata"),
        Row(
            what: "a retention", asked: { $0.retention = Retention(mode: .governance, until: until) },
            members: "retention"),
        Row(
            what: "another mode", stored: { $0.retention = Retention(mode: .governance, until: until) },
            asked: { $0.retention = Retention(mode: .compliance, until: until) }, members: "retention"),
        Row(what: "a hold", asked: { $0.legalHold = true }, members: "legalHold"),
        Row(
            what: "several",
            asked: {
                $0.legalHold = true; $0.size = 3; $0.mediaType = "x/y"
            },
            members: "size, mediaType, legalHold"),
        Row(
            what: "a copy of the same bytes that says less",
            stored: {
                $0.size = 3; $0.sha256 = digest
            },
            asked: { copy(&$0) }, members: nil),
        Row(
            what: "a copy that says more",
            asked: {
                copy(&$0); $0.size = 3; $0.sha256 = digest
            }, members: nil),
        Row(
            what: "a copy that has a path to come from",
            asked: {
                copy(&$0); $0.path = "x"
            }, members: nil),
        Row(
            what: "a store after a copy",
            stored: {
                copy(&$0); $0.sha256 = digest
            }, asked: { $0.size = 3 },
            members: nil),
        Row(
            what: "a copy with another type",
            asked: {
                copy(&$0); $0.mediaType = "text/plain"
            }, members: "mediaType"),
        Row(
            what: "a copy of another size",
            asked: {
                copy(&$0); $0.size = 4
            }, members: "size"),
        Row(
            what: "a copy of other bytes",
            asked: {
                copy(&$0); $0.sha256 = sha256([9])
            }, members: "sha256"),
        Row(
            what: "a copy under a hold",
            asked: {
                copy(&$0); $0.legalHold = true
            }, members: "legalHold"),
    ]

    @Test("differs by member", arguments: rows)
    func differences(row: Row) async throws {
        let bench = try StorageBench()
        let storage = bench.storage()
        _ = try await storage.store(try StoreRequest.of { row.stored(&$0) }, from: BytesSource([1, 2, 3]))
        let asked = try StoreRequest.of {
            row.asked(&$0)
            $0.mayHaveRunBefore = true
        }
        do {
            #expect(try await storage.store(asked, from: BytesSource([1, 2, 3])).alreadyPresent)
            #expect(row.members == nil)
        } catch {
            #expect(error.code == .conflict)
            #expect(error.context["members"] == row.members)
        }
    }

    @Test("names in another normal form are the same name")
    func normalForms() async throws {
        let bench = try StorageBench()
        let storage = bench.storage()
        let composed = try StoreRequest.of {
            $0.name = "\u{E9}.bin"; $0.path = "\u{E9}"
        }
        let decomposed = try StoreRequest.of {
            $0.name = "e\u{301}.bin"; $0.path = "e\u{301}"
        }
        let first = try await storage.store(composed, from: BytesSource([1]))
        let second = try await storage.store(decomposed, from: BytesSource([1]))
        #expect(second.alreadyPresent)
        #expect(second.handle == first.handle)
        #expect(Array(first.handle.key.utf8) == Array("\u{E9}/t1/\u{E9}.bin".utf8))
    }

    @Test("a copy that keeps its key keeps the archive's task, and says who made it")
    func copies() async throws {
        let bench = try StorageBench()
        let request = try StoreRequest.of {
            Self.copy(&$0)
            $0.copiedFrom = ["driver": "elsewhere"]
        }
        let handle = try await bench.storage().store(request, from: BytesSource([1])).handle
        #expect(handle.key == "t1/a.bin")
        #expect(handle.taskID.text == "t1")
        let manifest = try #require(bench.script.archive(ArchiveKey(trusted: "t1/a.bin"))?.manifest)
        #expect(manifest.copiedBy?.text == "c1")
        #expect(manifest.copiedFrom == ["driver": "elsewhere"])
    }
}
