package import StowageContract

/// One call to a driver, as interceptors see it.
package struct StorageCall: Sendable {
    /// What is called.
    package enum Kind: String, Sendable, CaseIterable {
        case write, persist, read, stat, delete, list, capacity, probe, retain, presign, sweep
    }

    package var kind: Kind
    package var driver: DriverName
    /// Whether the call can be made again as it is (a body that streams cannot).
    package var isReplayable: Bool

    package init(kind: Kind, driver: DriverName, isReplayable: Bool) {
        self.kind = kind
        self.driver = driver
        self.isReplayable = isReplayable
    }
}

/// A concern that is not storage, wrapped around every call to a driver.
package protocol StorageInterceptor: Sendable {
    /// Calls `next` once, never or several times, and passes on what comes of it. `next` is not kept.
    func intercept<Value: Sendable>(
        _ call: StorageCall, _ next: () async throws(StorageError) -> Value
    ) async throws(StorageError) -> Value
}
