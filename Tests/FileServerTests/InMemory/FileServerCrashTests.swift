import DriverConformance
import ServiceRuntime
import Sharing
import Storage
import StowageContract
import Testing

/// A client dies at each of its calls in turn, before or after the call's effect; another one goes on over what it left.
@Suite("A writer over a file server that is killed", .timeLimit(.minutes(2)))
struct FileServerCrashTests {
    @Test("leaves nothing that shows but the whole, and the next delivery succeeds", arguments: [false, true])
    func storing(alwaysReplaces: Bool) async throws {
        var manner = MemoryFileServer.Manner()
        manner.facts.digests = true
        manner.alwaysReplaces = alwaysReplaces
        let request = StoreRequest(taskID: freshID(), name: "killed.bin", path: "a/b")
        let source = GeneratedSource(size: 3000)
        try await everyDeath(manner) { dying in
            _ = try await dying.store(request, source)
        } then: { world in
            let store = try await world.reopened(manner)
            if let found = try await store.storage.stat(.key(request.keyText)) {
                #expect(found.sha256 == source.sha256)
            }
            var again = request
            again.mayHaveRunBefore = true
            let receipt = try await store.storage.store(again, from: source)
            #expect(receipt.handle.sha256 == source.sha256)
            #expect(try await store.bytes(request.keyText) == source.bytes)
            // What it left in the staging folder is swept, and nothing else.
            world.clock.turn(by: 10_000)
            _ = try await store.storage.sweep(olderThan: .seconds(1000))
            #expect(world.tree.children(".stowage-staging") == [])
            #expect(try await store.bytes(request.keyText) == source.bytes)
        }
    }

    @Test("gives its key away only once it cannot come back", arguments: [false, true])
    func otherBytes(alwaysReplaces: Bool) async throws {
        var manner = MemoryFileServer.Manner()
        manner.alwaysReplaces = alwaysReplaces
        let request = StoreRequest(taskID: freshID(), name: "killed.bin")
        let (first, second) = (GeneratedSource(size: 3000, seed: 1), GeneratedSource(size: 3000, seed: 2))
        try await everyDeath(manner) { dying in
            _ = try await dying.store(request, first)
        } then: { world in
            let store = try await world.reopened(manner)
            let stood = try await store.storage.stat(.key(request.keyText)) != nil
            let began = world.clock.monotonic
            do {
                let receipt = try await store.storage.store(request, from: second)
                #expect(!stood && receipt.handle.sha256 == second.sha256)
            } catch let error as StorageError {
                #expect(stood && error.code == .conflict)
            }
            #expect(try await store.bytes(request.keyText) == (stood ? first : second).bytes)
            // Where the first had made the folder and left, the second has waited for it.
            let waited = world.clock.monotonic - began
            #expect(stood || waited == .zero || waited >= .seconds(60))
        }
    }

    @Test("leaves a deletion that the next delivery ends")
    func deleting() async throws {
        let manner = MemoryFileServer.Manner()
        let request = StoreRequest(taskID: freshID(), name: "deleted.bin")
        let source = GeneratedSource(size: 100)
        let task = freshID("d")
        let archive = ArchiveReference.key(request.keyText)
        try await everyDeath(manner) { world in
            let store = try await world.reopened(manner)
            try await store.store(request, source)
        } during: { dying in
            _ = try await dying.storage.delete(archive, taskID: task)
        } then: { world in
            let store = try await world.reopened(manner)
            let stands = try await store.storage.stat(.key(request.keyText)) != nil
            if stands { #expect(try await store.bytes(request.keyText) == source.bytes) }
            _ = try await store.storage.delete(archive, taskID: task)
            #expect(try await store.storage.stat(.key(request.keyText)) == nil)
            // Whatever it was killed at: a late copy of the store does not bring it back once it was deleted.
            var late = request
            late.mayHaveRunBefore = true
            let left = world.tree.all.keys.contains { $0.hasSuffix("/.stowage-deleted.json") }
            #expect(left)
            await #expect(throws: StorageError.self) { try await store.storage.store(late, from: source) }
        }
    }

    /// Has `body` die at each of its calls, until it needs no more of them.
    private func everyDeath(
        _ manner: MemoryFileServer.Manner, before: (World) async throws -> Void = { _ in },
        during body: (StorageUnderTest) async throws -> Void, then check: (World) async throws -> Void
    ) async throws {
        var deaths = 0
        for call in 1... {
            var survived = false
            for hasEffect in [false, true] {
                let world = World()
                try await before(world)
                // Opening tries what the server does; it dies afterwards.
                let dying = try await world.reopened(manner, dyingAt: call, hasEffect: hasEffect)
                do {
                    try await body(dying)
                    survived = true
                } catch {
                    deaths += 1
                }
                try await check(world)
            }
            if survived { break }
            try #require(call < 200)
        }
        #expect(deaths >= 8)
    }

    /// A server's disk, the time, and those who come to it one after the other.
    private final class World: Sendable {
        let clock = LeapingClock()
        let tree: FileTree

        init() {
            let clock = clock
            tree = FileTree(now: { clock.now })
        }

        func reopened(
            _ manner: MemoryFileServer.Manner, dyingAt call: Int? = nil, hasEffect: Bool = false
        ) async throws -> StorageUnderTest {
            let (tree, clock) = (tree, clock)
            let harness = DriverHarness.everyStack("killed", StoreCapabilities()) { environment in
                let server = MemoryFileServer(tree, manner)
                let driver = try await FileServerStorageDriver.over(
                    server, policy: .small, now: { clock.now }, time: clock.time)
                if let call { server.die(at: call, hasEffect: hasEffect) }
                return (driver, ())
            }
            return try await harness[0].open()
        }
    }
}

/// Waits are over at once, and have taken as long as they were to.
private final class LeapingClock: Sendable {
    private let elapsed = Guarded(Duration.zero)

    var monotonic: Duration { elapsed.withLock { $0 } }

    var now: Timestamp { Timestamp(millisecondsSinceEpoch: 1_700_000_000_000 + monotonic.milliseconds) }

    var time: TimeSource {
        TimeSource(
            millisecondsSinceEpoch: { self.now.millisecondsSinceEpoch }, monotonic: { self.monotonic },
            sleep: { duration in
                self.elapsed.withLock { $0 += duration }
                await Task.yield()
                try Task.checkCancellation()
            })
    }

    func turn(by seconds: Int64) { elapsed.withLock { $0 += .seconds(seconds) } }
}
