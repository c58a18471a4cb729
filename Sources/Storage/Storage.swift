import Cryptography
import Observability
import ServiceRuntime
package import StowageContract

/// One configured storage, ready to use: every promise that Stowage makes about archives, over a driver that only
/// speaks its wire.
///
/// Keys in and out are without the driver's prefix. At most `settings.concurrency` calls run at once; a call that hands
/// out bytes counts until they are consumed.
package final class Storage: Sendable {
    /// The configured name.
    package let name: DriverName
    /// The keys that every driver takes.
    package let settings: DriverSettings
    /// What the store can do.
    package let capabilities: StoreCapabilities
    let driver: any StorageDriver
    let environment: StorageEnvironment
    let interceptors: [any StorageInterceptor]
    let limit: ConcurrencyLimit
    /// Archives that are read as sources of other storages count apart: a store that waits for its source while it
    /// holds a slot here must never wait for one that waits for it.
    let sourceLimit: ConcurrencyLimit
    /// Copies that follow a store on another driver count apart, for the same reason.
    let copyLimit: ConcurrencyLimit
    let room = RoomLedger()
    /// `settings.prefix` with its slash, NFC; empty: none.
    let prefix: String

    /// A storage over an open driver with the full stack of interceptors.
    package init(
        name: DriverName, driver: any StorageDriver, settings: DriverSettings, environment: StorageEnvironment,
        interceptors: [any StorageInterceptor]? = nil
    ) {
        self.name = name
        self.driver = driver
        self.settings = settings
        self.capabilities = driver.capabilities
        self.environment = environment
        self.interceptors = interceptors ?? Self.stack(name, environment)
        self.limit = ConcurrencyLimit(max(1, settings.concurrency))
        self.sourceLimit = ConcurrencyLimit(max(1, settings.concurrency))
        self.copyLimit = ConcurrencyLimit(max(1, settings.concurrency))
        self.prefix = ArchiveKey.front(settings.prefix)
    }

    /// The identity of the store behind the driver, where it keeps one.
    package var storeID: String? { driver.storeID }

    /// The one place where interceptors are stacked, outermost first.
    package static func stack(_ name: DriverName, _ environment: StorageEnvironment) -> [any StorageInterceptor] {
        var stack: [any StorageInterceptor] = [
            MetricsInterceptor(environment.metrics, driver: name),
            RetryInterceptor(time: environment.time),
        ]
        if let breaker = environment.breaker { stack.append(BreakerInterceptor(breaker)) }
        stack.append(RateLimitInterceptor(time: environment.time))
        stack.append(LoggingInterceptor(environment.logger))
        return stack
    }

    /// Whether the store answers and accepts us.
    ///
    /// Never writes.
    package func probe() async throws(StorageError) {
        try await withSlot { () async throws(StorageError) in try await probeOutOfTurn() }
    }

    /// The same without a slot, and so beside `concurrency` other calls.
    package func probeOutOfTurn() async throws(StorageError) {
        try await call(.probe) { () async throws(StorageError) in try await driver.probe() }
    }

    /// How much room there is, asked without a slot.
    package func capacityOutOfTurn() async throws(StorageError) -> StoreCapacity {
        guard capabilities.capacity else { return StoreCapacity() }
        return try await readCapacity()
    }

    /// Removes what killed writers left behind and is older than `age`; returns how many.
    package func sweep(olderThan age: Duration) async throws(StorageError) -> Int {
        if settings.readOnly { return 0 }
        return try await withSlot { () async throws(StorageError) in
            try await call(.sweep) { () async throws(StorageError) in try await driver.sweep(olderThan: age) }
        }
    }

    /// Gives back what the driver holds; no call comes afterwards.
    package func close() async {
        await driver.close()
    }
}

extension Storage {
    /// Runs `body` with a slot of the driver's concurrency.
    func withSlot<Value: Sendable>(
        of limit: ConcurrencyLimit? = nil, _ body: () async throws(StorageError) -> Value
    ) async throws(StorageError) -> Value {
        if environment.blocking.isStuck {
            throw StorageError(
                .unavailable, .transient(after: nil), "every thread of the driver hangs in a call that does not return")
        }
        let permit = try await (limit ?? self.limit).permit()
        let value = try await body()
        permit.release()
        return value
    }

    /// One call to the driver through all interceptors.
    func call<Value: Sendable>(
        _ kind: StorageCall.Kind, isReplayable: Bool = true, _ body: () async throws(StorageError) -> Value
    ) async throws(StorageError) -> Value {
        try await call(StorageCall(kind: kind, driver: name, isReplayable: isReplayable), from: 0, body)
    }

    private func call<Value: Sendable>(
        _ call: StorageCall, from index: Int, _ body: () async throws(StorageError) -> Value
    ) async throws(StorageError) -> Value {
        guard index < interceptors.count else { return try await body() }
        return try await interceptors[index].intercept(call) { () async throws(StorageError) -> Value in
            try await self.call(call, from: index + 1, body)
        }
    }

    /// What is stored under a key of ours, through the interceptors.
    func driverStat(_ key: ArchiveKey, version: String? = nil) async throws(StorageError) -> StoredArchive? {
        try await call(.stat) { () async throws(StorageError) in try await driver.stat(key, version: version) }
    }
}

extension ConcurrencyLimit {
    /// A permit.
    ///
    /// - Throws: `.cancelled` when the task is cancelled while it waits.
    func permit() async throws(StorageError) -> Permit {
        do throws(CancellationError) { return try await acquire() } catch { throw StorageError.cancelled }
    }
}
