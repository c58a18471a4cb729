package import StowageContract

/// Who decides whether a driver is worth asking.
///
/// Called for every call; must not block.
package protocol BreakerHook: Sendable {
    /// Whether the call may be made.
    ///
    /// - Throws: what the caller gets instead of an answer.
    func admit(_ call: StorageCall) throws(StorageError)

    /// What came of the call; `nil`: it succeeded.
    func record(_ call: StorageCall, _ error: StorageError?)

    /// Whether the driver may be opened; the default lets everybody.
    func admitOpening(of driver: DriverName) throws(StorageError)

    /// What came of opening the driver; `nil`: it succeeded. The default does nothing.
    func recordOpening(of driver: DriverName, _ error: StorageError?)
}

extension BreakerHook {
    package func admitOpening(of driver: DriverName) throws(StorageError) {}

    package func recordOpening(of driver: DriverName, _ error: StorageError?) {}
}

/// Asks and tells the breaker.
package struct BreakerInterceptor: StorageInterceptor {
    private let hook: any BreakerHook

    package init(_ hook: any BreakerHook) {
        self.hook = hook
    }

    package func intercept<Value: Sendable>(
        _ call: StorageCall, _ next: () async throws(StorageError) -> Value
    ) async throws(StorageError) -> Value {
        try hook.admit(call)
        do throws(StorageError) {
            let value = try await next()
            hook.record(call, nil)
            return value
        } catch {
            hook.record(call, error)
            throw error
        }
    }
}
