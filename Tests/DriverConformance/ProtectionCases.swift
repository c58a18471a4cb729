import Sharing
import Storage
import StowageContract
import Testing

extension ConformanceCase {
    /// What must hold when requests for protection cross each other, or a delete.
    static let protections: [ConformanceCase] = [
        ConformanceCase(
            "a retention that is set between a delete's look and its removal is not lost", where: stowageRetains
        ) { harness in
            let interruption = Interruption(of: .delete)
            let store = try await harness.open(innermost: interruption)
            let handle = try await stored(store)
            let until = moment(store, 100)
            interruption.run {
                let data = RetainData(
                    archive: .key(handle.key), retention: Retention(mode: .governance, until: until))
                let state = try await store.delivered { _ in
                    try await store.storage.retain(data, taskID: TaskID.retaining)
                }
                #expect(state.retention?.until == until)
            }
            let error = try await store.error { _ in
                _ = try await store.storage.delete(.handle(handle), taskID: TaskID.deleting)
            }
            #expect(interruption.hasRun)
            #expect(error.code == .retained && error.context["until"] == until.text, "\(error)")
            #expect(try await store.bytes(handle.key) == source.bytes)
            store.clock.turn(by: 101)
            let isGone = try await store.delivered { again in
                try await store.storage.delete(.handle(handle), taskID: TaskID.deleting) || again
            }
            #expect(isGone)
        },
        ConformanceCase(
            "a hold that is set between a delete's look and its removal is not lost", where: stowageRetains
        ) { harness in
            let interruption = Interruption(of: .delete)
            let store = try await harness.open(innermost: interruption)
            let handle = try await stored(store)
            interruption.run {
                _ = try await store.delivered { _ in
                    try await store.storage.retain(
                        RetainData(archive: .key(handle.key), legalHold: true), taskID: TaskID.retaining)
                }
            }
            let error = try await store.error { _ in
                _ = try await store.storage.delete(.key(handle.key), taskID: TaskID.deleting)
            }
            #expect(interruption.hasRun)
            #expect(error.code == .retained && error.context["holds"] == TaskID.retaining.text, "\(error)")
            #expect(try await store.stat(handle.key)?.legalHold == true)
        },
        ConformanceCase("a retain delivered again succeeds, whatever was added since", where: stowageRetains) {
            harness in
            let store = try await harness.open()
            let handle = try await stored(store)
            let (first, second) = (freshID("r1"), freshID("r2"))
            let (early, late) = (moment(store, 100), moment(store, 200))
            for (until, id) in [(early, first), (late, second), (early, first), (late, second)] {
                let data = RetainData(
                    archive: .key(handle.key), retention: Retention(mode: .compliance, until: until), legalHold: true)
                let state = try await store.delivered { _ in try await store.storage.retain(data, taskID: id) }
                #expect(state.retention?.until ?? early >= until)
                #expect(state.holds.contains(id))
            }
            let state = try #require(try await store.stat(handle.key))
            #expect(state.retention?.until == late && state.legalHold)
            let other = RetainData(archive: .key(handle.key), legalHold: true)
            let error = try await store.error { _ in _ = try await store.storage.retain(other, taskID: first) }
            #expect(error.code == .conflict && error.retry == .permanent, "\(error)")
        },
        ConformanceCase("a hold that was released before it was set is refused", where: stowageRetains) { harness in
            let store = try await harness.open()
            let handle = try await stored(store)
            let holder = freshID("h")
            _ = try await store.delivered { _ in
                try await store.storage.retain(
                    RetainData(archive: .key(handle.key), releases: [holder]), taskID: freshID("r"))
            }
            let error = try await store.error { _ in
                _ = try await store.storage.retain(
                    RetainData(archive: .key(handle.key), legalHold: true), taskID: holder)
            }
            #expect(error.code == .conflict && error.retry == .permanent, "\(error)")
            #expect(try await store.stat(handle.key)?.legalHold == false)
        },
        ConformanceCase("a hold outlives the retention, and both are named", where: stowageRetains) { harness in
            let store = try await harness.open()
            let until = moment(store, 100)
            var request = StoreRequest(taskID: freshID(), name: "kept.bin", legalHold: true)
            request.retention = Retention(mode: .governance, until: until)
            let handle = try await store.store(request, source).handle
            func refusal() async throws -> StorageError {
                try await store.error { _ in
                    _ = try await store.storage.delete(.key(handle.key), taskID: TaskID.deleting)
                }
            }
            let both = try await refusal()
            #expect(both.code == .retained && both.context["until"] == until.text)
            #expect(both.context["holds"] == request.taskID.text)
            store.clock.turn(by: 101)
            let one = try await refusal()
            #expect(one.code == .retained && one.context["until"] == nil)
            #expect(one.context["holds"] == request.taskID.text)
        },
    ]

    private static let stowageRetains: @Sendable (DriverHarness) -> Bool = { !$0.capabilities.retention }
    private static let source = GeneratedSource(size: 10)

    private static func stored(_ store: StorageUnderTest) async throws -> ArchiveHandle {
        try await store.store(StoreRequest(taskID: freshID(), name: "kept.bin"), source).handle
    }

    private static func moment(_ store: StorageUnderTest, _ seconds: Int64) -> Timestamp {
        Timestamp(millisecondsSinceEpoch: store.clock.now.millisecondsSinceEpoch + seconds * 1000)
    }
}

extension TaskID {
    fileprivate static let retaining = freshID("retaining")
    fileprivate static let deleting = freshID("deleting")
}

/// Lets something happen once, right before the driver gets a call of one kind.
private final class Interruption: StorageInterceptor {
    private struct State {
        var body: (@Sendable () async throws -> Void)?
        var hasRun = false
    }

    private let kind: StorageCall.Kind
    private let state = Guarded(State())

    init(of kind: StorageCall.Kind) {
        self.kind = kind
    }

    func run(_ body: @escaping @Sendable () async throws -> Void) { state.withLock { $0.body = body } }

    var hasRun: Bool { state.withLock { $0.hasRun } }

    func intercept<Value: Sendable>(
        _ call: StorageCall, _ next: () async throws(StorageError) -> Value
    ) async throws(StorageError) -> Value {
        guard call.kind == kind, let body = state.withLock({ $0.body.take() }) else { return try await next() }
        do {
            try await body()
            state.withLock { $0.hasRun = true }
        } catch {
            throw StorageError(.unexpected, .permanent, "the interruption failed: \(error)")
        }
        return try await next()
    }
}
