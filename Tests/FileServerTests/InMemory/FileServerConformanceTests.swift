import DriverConformance
import ServiceRuntime
import Storage
import StowageContract
import Testing

/// The driver over servers in memory; the real ones have a target of their own.
@Suite("A driver over any file server", .timeLimit(.minutes(5)))
struct FileServerConformanceTests {
    @Test("keeps the promise", arguments: ConformanceCase.selected(DriverHarness.fileServers))
    func promise(harness: DriverHarness, promise: ConformanceCase) async throws {
        try await promise.run(harness)
    }
}

extension DriverHarness {
    static let fileServers: [DriverHarness] = {
        var good = MemoryFileServer.Manner()
        good.facts.resumes = true
        good.facts.resumesOnlyExisting = true
        good.facts.readsRanges = true
        good.facts.digests = true
        good.facts.tellsRoom = true
        var plain = MemoryFileServer.Manner()
        plain.facts.resumes = true
        plain.facts.readsRanges = true
        plain.alwaysReplaces = true
        var poor = MemoryFileServer.Manner()
        poor.neverReplaces = true
        poor.hidesTimes = true
        return fileServer("that can do all", good, Stack.allCases) + fileServer("that replaces", plain, [.full])
            + fileServer("that can do little", poor, [.bare])
    }()

    private static func fileServer(
        _ name: String, _ manner: MemoryFileServer.Manner, _ stacks: [Stack]
    ) -> [DriverHarness] {
        var capabilities = StoreCapabilities()
        capabilities.atomicCreate = !manner.alwaysReplaces
        capabilities.rangeRead = manner.facts.readsRanges
        capabilities.serverDigest = manner.facts.digests ? "sha256" : nil
        capabilities.resumableUpload = manner.facts.resumes
        capabilities.list = true
        capabilities.listsStoreTimes = true
        capabilities.capacity = manner.facts.tellsRoom
        return everyStack("a file server " + name, capabilities) { environment in
            let tree = FileTree(now: environment.now)
            let driver = try await FileServerStorageDriver.over(
                MemoryFileServer(tree, manner), policy: .small, now: environment.now, time: .system)
            return (driver, ())
        }.filter { stacks.contains($0.stack) }.map { harness in
            var harness = harness
            harness.sharesCheckpoints = true
            // Memory is where its archives are.
            harness.measuresMemory = false
            return harness
        }
    }
}

extension FileServerPolicy {
    /// Long archives are those that a test can make.
    static var small: FileServerPolicy {
        var policy = FileServerPolicy()
        policy.leastResumableBytes = 1 << 20
        policy.segmentBytes = 256 << 10
        return policy
    }
}
