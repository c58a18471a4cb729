import DriverConformance
import ServiceRuntime
import Sharing
import Storage
import StowageContract
import Testing

@Suite("What another delivery has begun on a file server", .timeLimit(.minutes(1)))
struct FileServerTakeoverTests {
    @Test("is left alone once it has become the archive, whatever its other name")
    func finished() async throws {
        let trees = Guarded<FileTree?>(nil)
        let request = StoreRequest(taskID: freshID(), name: "long.bin")
        let key = request.keyText
        var manner = MemoryFileServer.Manner()
        manner.facts.resumes = true
        manner.facts.resumesOnlyExisting = true
        manner.facts.readsRanges = true
        let uploads = Guarded(0)
        manner.beforeMove = { path, target in
            // The moment in which the first delivery has given its file the second name, and the first name still stands.
            guard target.contains("/partial-"), let tree = trees.withLock({ $0 }) else { return }
            _ = try? tree.makeFolder(request.taskID.text)
            tree.link(path, as: key)
            uploads.withLock { $0 += 1 }
        }
        let served = manner
        let harness = DriverHarness.everyStack("taken over", StoreCapabilities()) { environment in
            let tree = trees.withLock { tree in
                let made = tree ?? FileTree(now: environment.now)
                tree = made
                return made
            }
            let server = MemoryFileServer(tree, served)
            return (
                try await FileServerStorageDriver.over(
                    server, policy: .small, now: environment.now, time: .system), ()
            )
        }
        let store = try await harness[0].open()
        let bytes = GeneratedSource(size: 2 << 20).bytes
        let broken = SeekableSource(bytes, .fails(after: 1 << 20))
        await #expect(throws: StorageError.self) { try await store.storage.store(request, from: broken) }
        let tree = try #require(trees.withLock { $0 })
        let kept = try #require(tree.children(".stowage-staging")?.map(\.size).max())
        let error = await #expect(throws: StorageError.self) {
            try await store.storage.store(request, from: SeekableSource(bytes))
        }
        #expect(error?.code == .conflict && uploads.withLock { $0 } == 1)
        // Not a byte of it was touched.
        #expect(kept > 100_000 && tree.node(key)?.bytes == Array(bytes[..<Int(kept)]))
        #expect(tree.children(".stowage-staging") == [])
    }

    /// Where a server makes a new file instead of refusing to go on with one that is gone.
    @Test("leaves a hole that shows, wherever its bytes begin", arguments: [0, 300_000], VerificationPolicy.allCases)
    func hole(zeros: Int, verify: VerificationPolicy) async throws {
        let trees = Guarded<FileTree?>(nil)
        var manner = MemoryFileServer.Manner()
        manner.facts.resumes = true
        manner.facts.readsRanges = true
        let taken = Guarded(0)
        manner.beforeUpload = { path, offset in
            // Behind the look at what is there.
            guard offset > 500_000, taken.withLock({ $0 }) == 0, let tree = trees.withLock({ $0 }) else { return }
            if tree.remove(path) { taken.withLock { $0 += 1 } }
        }
        let served = manner
        let harness = DriverHarness.everyStack("with a hole", StoreCapabilities()) { environment in
            let tree = FileTree(now: environment.now)
            trees.withLock { $0 = tree }
            let server = MemoryFileServer(tree, served)
            return (
                try await FileServerStorageDriver.over(
                    server, policy: .small, now: environment.now, time: .system), ()
            )
        }
        var settings = DriverSettings()
        settings.verify = verify
        let store = try await harness[0].open(settings)
        var bytes = GeneratedSource(size: 2 << 20).bytes
        bytes.replaceSubrange(..<zeros, with: repeatElement(0, count: zeros))
        let request = StoreRequest(taskID: freshID(), name: "long.bin")
        let error = await #expect(throws: StorageError.self) {
            try await store.storage.store(request, from: SeekableSource(bytes))
        }
        #expect(taken.withLock { $0 } == 1)
        #expect(error?.retry == .transient(after: nil))
        #expect(try await store.storage.stat(.key(request.keyText)) == nil)
    }
}
