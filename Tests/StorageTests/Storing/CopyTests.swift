import Storage
import StowageContract
import StrictCoding
import TestSupport
import Testing

@Suite("Copies between storages", .timeLimit(.minutes(1)))
struct CopyTests {
    /// Two storages, and an archive in the first.
    private struct Pair {
        let from: StorageBench
        let to: StorageBench
        let source: Storage
        let target: Storage
        let handle: ArchiveHandle
        let id: TaskID

        init(_ bytes: [UInt8] = [1, 2, 3]) async throws {
            from = try StorageBench()
            to = try StorageBench()
            to.script.state.change { $0.storeID = String(repeating: "7", count: 32) }
            source = from.storage()
            target = to.storage()
            handle = try await source.store(try StoreRequest.of { $0.size = 3 }, from: BytesSource(bytes)).handle
            id = try #require(TaskID("c1"))
        }

        func copy(path: String? = nil) async throws(StorageError) -> StoreReceipt {
            let origin = try await source.origin(.handle(handle))
            return try await target.copy(origin, from: source, by: id, path: path)
        }

        func reads() -> Int { from.script.calls.count { $0 == .read } }
    }

    @Test("the source is read once, and not at all where the copy stands")
    func oneRead() async throws {
        let pair = try await Pair()
        let before = pair.reads()
        #expect(try await pair.copy().sourceBytes == 3)
        #expect(pair.reads() == before + 1)
        #expect(try await pair.copy().alreadyPresent)
        #expect(pair.reads() == before + 1)
    }

    @Test("the manifest is the original's, with where it came from and who made it")
    func manifest() async throws {
        let pair = try await Pair()
        pair.to.clock.advance(by: .seconds(60))
        _ = try await pair.copy()
        let key = ArchiveKey(trusted: pair.handle.key)
        var expected = try #require(pair.from.script.archive(key)?.manifest)
        let copy = try #require(pair.to.script.archive(key)?.manifest)
        #expect(copy.copiedFrom == pair.handle.json)
        #expect(copy.copiedBy == pair.id)
        expected.copiedFrom = copy.copiedFrom
        expected.copiedBy = copy.copiedBy
        #expect(copy == expected)
    }

    @Test(
        "a damaged source is the source's failure, which may pass, and nothing shows", arguments: [[1, 2, 9], [1, 2]])
    func damaged(bytes: [UInt8]) async throws {
        let pair = try await Pair()
        pair.from.script.state.change { state in
            for key in state.archives.keys { state.archives[key]?.bytes = bytes }
        }
        let error = try await failure { try await pair.copy() }
        #expect(error.code == .integrityMismatch && error.place == .source)
        #expect(error.retry == .transient(after: nil))
        #expect(pair.to.standing.isEmpty)
    }

    @Test("a failure says on which side it was", arguments: [DriverCall.read, .stat, .write])
    func places(call: DriverCall) async throws {
        let pair = try await Pair()
        if call == .read {
            pair.from.script.fail(call, .blip())
        } else {
            pair.to.script.fail(call, .blip())
        }
        let error = try await failure { try await pair.copy() }
        #expect(error.place == (call == .read ? .source : .destination))
        #expect(error.code == .unavailable && error.retry == .transient(after: nil))
        #expect(try await !pair.copy().alreadyPresent)
    }

    @Test("one task copies one archive: another under its id is a conflict")
    func reusedID() async throws {
        let pair = try await Pair()
        _ = try await pair.copy(path: "p")
        let other = try await pair.source.store(try StoreRequest.of("t2"), from: BytesSource([9])).handle
        let error = try await failure {
            let origin = try await pair.source.origin(.handle(other))
            return try await pair.target.copy(origin, from: pair.source, by: pair.id, path: "p")
        }
        #expect(error.code == .conflict && error.place == .destination)
        #expect(error.context["members"]?.contains("sha256") == true)
    }

    @Test("without its original a copy is known by its task, or by the digest of the handle")
    func standing() async throws {
        let pair = try await Pair()
        _ = try await pair.copy()
        let key = ArchiveReference.key(pair.handle.key)
        let other = try #require(TaskID("c2"))
        #expect(try await pair.target.standingCopy(of: key, by: pair.id, path: nil) != nil)
        #expect(try await pair.target.standingCopy(of: key, by: other, path: nil) == nil)
        #expect(try await pair.target.standingCopy(of: .handle(pair.handle), by: other, path: nil) != nil)
        var forged = ArchiveReference.handle(pair.handle)
        forged.sha256 = sha256([9])
        #expect(try await pair.target.standingCopy(of: forged, by: pair.id, path: nil) == nil)
        #expect(try await pair.target.standingCopy(of: key, by: pair.id, path: "p") == nil)
        pair.to.script.fail(.stat, .blip())
        let error = try await failure { try await pair.target.standingCopy(of: key, by: pair.id, path: nil) }
        #expect(error.place == .destination)
    }

    @Test("a read-only target takes no copy")
    func readOnly() async throws {
        let pair = try await Pair()
        let target = pair.to.storage { $0.readOnly = true }
        let error = try await failure {
            try await target.copy(
                try await pair.source.origin(.handle(pair.handle)), from: pair.source, by: pair.id, path: nil)
        }
        #expect(error.code == .readOnly && error.place == .destination)
    }

    @Test("two storages with one slot each can copy to each other at once")
    func crossing() async throws {
        let pair = try await Pair()
        let (a, b) = (pair.from.storage { $0.concurrency = 1 }, pair.to.storage { $0.concurrency = 1 })
        let back = try await b.store(try StoreRequest.of("t2"), from: BytesSource([4])).handle
        let id = pair.id
        for script in [pair.from.script, pair.to.script] { script.hold(.write) }
        async let there = a.origin(.handle(pair.handle))
        async let here = b.origin(.handle(back))
        let (first, second) = (try await there, try await here)
        let writes = [pair.from.script.calls.count { $0 == .write }, pair.to.script.calls.count { $0 == .write }]
        async let one = b.copy(first, from: a, by: id, path: nil)
        async let two = a.copy(second, from: b, by: id, path: nil)
        await pair.from.script.reached(.write, writes[0] + 1)
        await pair.to.script.reached(.write, writes[1] + 1)
        for script in [pair.from.script, pair.to.script] { script.letGo(.write) }
        #expect(try await [one.handle.key, two.handle.key] == [pair.handle.key, back.key])
    }
}
