import Storage
import StowageContract
import TestSupport
import Testing

@Suite("Keys, prefixes and lists", .timeLimit(.minutes(1)))
struct PrefixTests {
    @Test("the driver sees the prefix, and nobody else does")
    func bothWays() async throws {
        let bench = try StorageBench()
        let storage = bench.storage { $0.prefix = "site/e\u{301}" }
        let stored = "site/\u{E9}/course/t1/a.bin"
        let request = try StoreRequest.of { $0.path = "course" }
        let handle = try await storage.store(request, from: BytesSource([1, 2, 3])).handle
        #expect(handle.key == "course/t1/a.bin")
        #expect(bench.standing.map { Array($0.utf8) } == [Array(stored.utf8)])
        #expect(try await storage.stat(.handle(handle)) == handle)
        let bytes = try await storage.withArchive(.key(handle.key)) { (body, _) async throws(StorageError) in
            try await body.next()
        }
        #expect(bytes == [1, 2, 3])
        let list = try await storage.list(ListData(prefix: "course/"))
        #expect(list.archives.map(\.key) == ["course/t1/a.bin"])
        #expect(bench.script.state.value.listings == ["site/\u{E9}/course/|-|100"])
        #expect(try await storage.verify(VerifyData(archive: .handle(handle))).state == .ok)
        #expect(try await storage.delete(.handle(handle), taskID: try #require(TaskID("d1"))))
        #expect(bench.standing.isEmpty)
    }

    @Test("what lies beside the prefix does not exist")
    func outside() async throws {
        let bench = try StorageBench()
        let front = bench.storage { $0.prefix = "site" }
        _ = try await bench.storage().store(try StoreRequest.of { $0.path = "site-2" }, from: BytesSource([1]))
        _ = try await bench.storage().store(try StoreRequest.of(), from: BytesSource([1]))
        #expect(try await front.list(ListData()).archives.isEmpty)
        #expect(try await front.stat(.key("t1/a.bin")) == nil)
        let error = try await failure {
            try await front.stat(.key("../t1/a.bin"))
        }
        #expect(error.code == .invalidTask)
    }

    @Test("an archive asked of a store with another id is not reachable, never absent")
    func otherDisk() async throws {
        let bench = try StorageBench()
        let storage = bench.storage()
        let handle = try await storage.store(try StoreRequest.of(), from: BytesSource([1])).handle
        #expect(handle.storeID == bench.script.state.value.storeID)
        for id in [String(repeating: "6", count: 32), nil] {
            bench.script.state.change {
                $0.storeID = id
                $0.archives = [:]
            }
            let task = try #require(TaskID("x"))
            let before = bench.script.calls
            let reference = ArchiveReference.handle(handle)
            let attempts: [() async throws -> Void] = [
                { _ = try await storage.stat(reference) },
                { _ = try await storage.delete(reference, taskID: task) },
                { _ = try await storage.verify(VerifyData(archive: reference)) },
                {
                    _ = try await storage.retain(RetainData(archive: reference), taskID: task)
                },
                {
                    try await storage.withArchive(reference) { (_, _) async throws(StorageError) in }
                },
            ]
            for attempt in attempts {
                let error = try await failure(attempt)
                #expect(error.code == .unavailable)
                #expect(error.message.contains("another disk"))
                #expect(error.retry == .transient(after: nil))
                #expect(error.place == .driver)
            }
            let source = try await failure {
                try await storage.source(reference).open()
            }
            #expect(source.place == .source)
            #expect(bench.script.calls == before, "the driver was not asked")
        }
    }

    @Test("a list is told in pages that miss nothing and repeat nothing", arguments: [1, 2, 3, 7, 1000])
    func pages(limit: Int) async throws {
        let bench = try StorageBench()
        let storage = bench.storage { $0.prefix = "p" }
        let ids = (1...7).map { "t\($0)" }
        for id in ids { _ = try await storage.store(try StoreRequest.of(id), from: BytesSource([1])) }
        var keys: [String] = []
        var after: String?
        var calls = 0
        repeat {
            let page = try await storage.list(ListData(after: after, limit: limit))
            #expect(page.archives.count <= limit)
            keys += page.archives.map(\.key)
            after = page.next
            calls += 1
        } while after != nil
        #expect(keys == ids.map { $0 + "/a.bin" })
        #expect(calls == (7 + limit - 1) / limit)
    }

    @Test("limits outside 1 to 1000 and stores that cannot list are refused", arguments: [0, -1, 1001])
    func refused(limit: Int) async throws {
        let bench = try StorageBench()
        let storage = bench.storage()
        let error = try await failure {
            try await storage.list(ListData(limit: limit))
        }
        #expect(error.code == .invalidTask)
        bench.script.state.change { $0.capabilities.list = false }
        let other = bench.storage()
        let cannot = try await failure { try await other.list(ListData()) }
        #expect(cannot.code == .unsupported)
        #expect(bench.script.calls.isEmpty)
    }
}
