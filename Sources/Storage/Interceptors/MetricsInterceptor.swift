package import Observability
package import StowageContract

/// Counts what callers experienced, retries included.
///
/// `stowage_storage_calls_total{driver,operation,outcome}`: outcome is `ok` or an error code.
package struct MetricsInterceptor: StorageInterceptor {
    private let registry: MetricsRegistry
    private let driver: DriverName
    private let succeeded: [StorageCall.Kind: Metric]

    package init(_ registry: MetricsRegistry, driver: DriverName) {
        self.registry = registry
        self.driver = driver
        self.succeeded = Dictionary(
            uniqueKeysWithValues: StorageCall.Kind.allCases.map { ($0, Self.counter(registry, driver, $0, "ok")) })
    }

    package func intercept<Value: Sendable>(
        _ call: StorageCall, _ next: () async throws(StorageError) -> Value
    ) async throws(StorageError) -> Value {
        do throws(StorageError) {
            let value = try await next()
            succeeded[call.kind]?.increment()
            return value
        } catch {
            Self.counter(registry, driver, call.kind, error.code.rawValue).increment()
            throw error
        }
    }

    private static func counter(
        _ registry: MetricsRegistry, _ driver: DriverName, _ kind: StorageCall.Kind, _ outcome: String
    ) -> Metric {
        registry.counter(
            "stowage_storage_calls_total",
            [("driver", driver.text), ("operation", kind.rawValue), ("outcome", outcome)])
    }
}
