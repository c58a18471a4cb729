package import Observability
import StowageContract

/// Tells every attempt at `debug`; who ends the story tells it at a higher level.
package struct LoggingInterceptor: StorageInterceptor {
    private let logger: Logger

    package init(_ logger: Logger) {
        self.logger = logger
    }

    package func intercept<Value: Sendable>(
        _ call: StorageCall, _ next: () async throws(StorageError) -> Value
    ) async throws(StorageError) -> Value {
        do throws(StorageError) {
            let value = try await next()
            logger.debug(
                "storage call succeeded",
                [LogField("driver.name", call.driver), LogField("storage.call", call.kind.rawValue)])
            return value
        } catch {
            logger.debug(
                "storage call failed",
                [
                    LogField("driver.name", call.driver), LogField("storage.call", call.kind.rawValue),
                    LogField("error.code", error.code.rawValue), LogField("error.message", error.message),
                ])
            throw error
        }
    }
}
