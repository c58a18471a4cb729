import Observability
import Storage
import StowageContract
import TestSupport
import Testing

@Suite("What is counted and told of calls to a driver", .timeLimit(.minutes(1)))
struct ObservingInterceptorTests {
    @Test("a call counts once with what its caller got, whatever the retry did")
    func metrics() async throws {
        let bench = try StorageBench()
        let storage = bench.storage(interceptors: nil)
        bench.script.fail(.probe, .blip())
        async let probing: Void = storage.probe()
        await bench.clock.waitForSleepers()
        bench.clock.advance(by: .seconds(1))
        try await probing
        bench.script.fail(.probe, .verdict(.unauthenticated))
        _ = try await failure { try await storage.probe() }
        #expect(count(bench, "probe", "ok") == 1)
        #expect(count(bench, "probe", "unauthenticated") == 1)
        #expect(count(bench, "probe", "unavailable") == nil)
    }

    @Test("every kind of call has a series of its own from the start")
    func kinds() async throws {
        let bench = try StorageBench()
        bench.script.state.change { $0.capabilities.presign = true }
        let storage = bench.storage(interceptors: nil)
        for kind in StorageCall.Kind.allCases { #expect(count(bench, kind.rawValue, "ok") == 0) }
        let request = try StoreRequest.of { $0.legalHold = true }
        let handle = try await storage.store(request, from: BytesSource([1])).handle
        let again = try StoreRequest.of {
            $0.legalHold = true
            $0.mayHaveRunBefore = true
        }
        _ = try await storage.store(again, from: BytesSource([1]))
        _ = try await storage.list(ListData())
        _ = try await storage.capacity()
        _ = try await storage.presign(PresignData(archive: .handle(handle), expiresSeconds: 60))
        _ = try await storage.sweep(olderThan: .seconds(1))
        try await storage.probe()
        let task = try #require(TaskID("r1"))
        _ = try await storage.retain(RetainData(archive: .handle(handle), legalHold: true), taskID: task)
        bench.script.state.change { state in
            for key in state.archives.keys { state.archives[key]?.manifest?.legalHold = false }
        }
        _ = try await storage.delete(.handle(handle), taskID: task)
        for kind in StorageCall.Kind.allCases {
            let calls = bench.script.calls.count { $0.rawValue == kind.rawValue }
            #expect(calls > 0)
            #expect(count(bench, kind.rawValue, "ok") == Int64(calls), "\(kind)")
        }
    }

    @Test("tells each attempt at debug, and no secret")
    func logging() async throws {
        let bench = try StorageBench()
        let storage = bench.storage(interceptors: nil)
        try await storage.probe()
        var error = StorageError.verdict(.unauthenticated)
        error.context = ["url": "https://user:hunter2@host/", "signature": "hunter2"]
        bench.script.fail(.probe, error)
        _ = try await failure { try await storage.probe() }
        #expect(bench.log.messages == ["storage call succeeded", "storage call failed"])
        for line in bench.log.lines {
            #expect(line.level == .debug)
            #expect(line["driver.name"] == "archive")
            #expect(line["storage.call"] == "probe")
        }
        #expect(bench.log.lines[1]["error.code"] == "unauthenticated")
        #expect(!bench.log.lines.contains { "\($0)".contains("hunter2") })
    }

    private func count(_ bench: StorageBench, _ operation: String, _ outcome: String) -> Int64? {
        let name = MetricName(
            "stowage_storage_calls_total",
            [("driver", "archive"), ("operation", operation), ("outcome", outcome)])
        return bench.metrics.snapshot().first { $0.name == name }?.value
    }
}
