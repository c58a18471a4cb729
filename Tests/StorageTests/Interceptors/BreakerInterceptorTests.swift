import ServiceRuntime
import Storage
import StowageContract
import TestSupport
import Testing

@Suite("The breaker's hook", .timeLimit(.minutes(1)))
struct BreakerInterceptorTests {
    /// Writes down what it is asked and told.
    private final class Hook: BreakerHook {
        let notes = Watched<[String]>([])
        let refusal: StorageError?

        init(refusal: StorageError? = nil) {
            self.refusal = refusal
        }

        func admit(_ call: StorageCall) throws(StorageError) {
            notes.change { $0.append("admit \(call.kind.rawValue)") }
            if let refusal { throw refusal }
        }

        func record(_ call: StorageCall, _ error: StorageError?) {
            notes.change { $0.append("record \(call.kind.rawValue) \(error?.code.rawValue ?? "ok")") }
        }
    }

    @Test("is asked before and told after every attempt, those of the retry too")
    func attempts() async throws {
        let bench = try StorageBench()
        let hook = Hook()
        let storage = bench.storage(interceptors: nil, breaker: hook)
        bench.script.fail(.probe, .blip())
        async let probing: Void = storage.probe()
        await bench.clock.waitForSleepers()
        bench.clock.advance(by: .seconds(1))
        try await probing
        #expect(hook.notes.value == ["admit probe", "record probe unavailable", "admit probe", "record probe ok"])
    }

    @Test("what it throws is what the caller gets, and the driver is not asked")
    func refuses() async throws {
        let bench = try StorageBench()
        let hook = Hook(refusal: StorageError(.unavailable, .transient(after: .seconds(30)), "the breaker is open"))
        let storage = bench.storage(interceptors: nil, breaker: hook)
        let error = try await failure { try await storage.probe() }
        #expect(error.message == "the breaker is open")
        #expect(error.retry == .transient(after: .seconds(30)))
        #expect(hook.notes.value == ["admit probe"])
        #expect(bench.script.calls.isEmpty)
    }
}
