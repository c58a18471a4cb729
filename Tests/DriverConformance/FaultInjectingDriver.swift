import Sharing
package import StowageContract
package import Storage
package import StrictCoding

/// A driver whose every third call fails transiently, in turn before its effect and, ambiguously, after it.
package final class FaultInjectingDriver<Wrapped: StorageDriver>: StorageDriver {
    package static var type: String { "faulty-" + Wrapped.type }

    private let wrapped: Wrapped
    private let calls = Guarded(0)
    private let every: Int

    package init(_ wrapped: Wrapped, every: Int = 3) {
        self.wrapped = wrapped
        self.every = every
    }

    package static func open(
        _ configuration: Wrapped.Configuration, in environment: DriverEnvironment
    ) async throws(StorageError) -> FaultInjectingDriver<Wrapped> {
        FaultInjectingDriver(try await Wrapped.open(configuration, in: environment))
    }

    package var capabilities: StoreCapabilities { wrapped.capabilities }
    package var storeID: String? { wrapped.storeID }
    package var durability: Durability { wrapped.durability }

    package func validate(options: JSONValue) throws(StorageError) { try wrapped.validate(options: options) }

    /// How many calls came so far.
    package var callCount: Int { calls.withLock { $0 } }

    private enum Fault { case none, before, after }

    private func fault() -> Fault {
        calls.withLock { calls in
            calls += 1
            guard calls.isMultiple(of: every) else { return .none }
            return calls.isMultiple(of: 2 * every) ? .after : .before
        }
    }

    private func disturbed<Value>(
        _ call: () async throws(StorageError) -> Value
    ) async throws(StorageError) -> Value {
        let fault = fault()
        if fault == .before {
            throw StorageError(.unavailable, .transient(after: nil), "an injected fault before the effect")
        }
        let value = try await call()
        if fault == .after {
            throw StorageError(
                .timedOut, .transient(after: nil), "an injected fault after the effect", isAmbiguous: true)
        }
        return value
    }

    package func write(
        _ request: WriteRequest, from body: any ArchiveBody
    ) async throws(StorageError) -> WriteReceipt {
        try await disturbed { () async throws(StorageError) in try await wrapped.write(request, from: body) }
    }

    package func persist(_ key: ArchiveKey) async throws(StorageError) {
        try await disturbed { () async throws(StorageError) in try await wrapped.persist(key) }
    }

    package func stat(_ key: ArchiveKey, version: String?) async throws(StorageError) -> StoredArchive? {
        try await disturbed { () async throws(StorageError) in try await wrapped.stat(key, version: version) }
    }

    package func read(
        _ key: ArchiveKey, version: String?, range: Range<Int64>?
    ) async throws(StorageError) -> any ArchiveBody {
        try await disturbed { () async throws(StorageError) in
            try await wrapped.read(key, version: version, range: range)
        }
    }

    package func delete(_ request: DeleteRequest) async throws(StorageError) -> Bool {
        try await disturbed { () async throws(StorageError) in try await wrapped.delete(request) }
    }

    package func list(prefix: String, after: String?, limit: Int) async throws(StorageError) -> ArchivePage {
        try await disturbed { () async throws(StorageError) in
            try await wrapped.list(prefix: prefix, after: after, limit: limit)
        }
    }

    package func capacity() async throws(StorageError) -> StoreCapacity {
        try await disturbed { () async throws(StorageError) in try await wrapped.capacity() }
    }

    package func probe() async throws(StorageError) {
        try await disturbed { () async throws(StorageError) in try await wrapped.probe() }
    }

    package func sweep(olderThan age: Duration) async throws(StorageError) -> Int {
        try await disturbed { () async throws(StorageError) in try await wrapped.sweep(olderThan: age) }
    }

    package func close() async { await wrapped.close() }
}

extension FaultInjectingDriver: ResumableUploading where Wrapped: ResumableUploading {
    package var leastResumableBytes: Int64 { wrapped.leastResumableBytes }

    package func write(
        _ request: WriteRequest, resuming body: any ResumableBody
    ) async throws(StorageError) -> WriteReceipt {
        try await disturbed { () async throws(StorageError) in try await wrapped.write(request, resuming: body) }
    }
}

extension FaultInjectingDriver: Retaining where Wrapped: Retaining {
    package func retain(_ request: RetainRequest) async throws(StorageError) -> RetentionState {
        try await disturbed { () async throws(StorageError) in try await wrapped.retain(request) }
    }
}

extension FaultInjectingDriver: ServerSideCopying where Wrapped: ServerSideCopying {
    package func reaches(_ source: any StorageDriver) -> Bool {
        wrapped.reaches((source as? FaultInjectingDriver<Wrapped>)?.wrapped ?? source)
    }

    package func copy(
        _ request: WriteRequest, of original: CopyOriginal
    ) async throws(StorageError) -> WriteReceipt? {
        var original = original
        if let source = original.driver as? FaultInjectingDriver<Wrapped> { original.driver = source.wrapped }
        let reached = original
        return try await disturbed { () async throws(StorageError) in try await wrapped.copy(request, of: reached) }
    }
}
