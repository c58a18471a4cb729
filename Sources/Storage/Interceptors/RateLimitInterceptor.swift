package import ServiceRuntime
import StowageContract
import Synchronization

/// Leaves a store alone for as long as it asked to be left alone.
package final class RateLimitInterceptor: StorageInterceptor {
    private let time: TimeSource
    /// Milliseconds since the epoch; 0: nobody asked.
    private let closedUntil = Atomic<Int64>(0)

    package init(time: TimeSource) {
        self.time = time
    }

    package func intercept<Value: Sendable>(
        _ call: StorageCall, _ next: () async throws(StorageError) -> Value
    ) async throws(StorageError) -> Value {
        let until = closedUntil.load(ordering: .relaxed)
        if until > 0 {
            let left = until - time.millisecondsSinceEpoch
            if left > 0 {
                throw StorageError(
                    .rateLimited, .transient(after: .milliseconds(left)), "the store asked for fewer requests")
            }
        }
        do throws(StorageError) {
            return try await next()
        } catch {
            if error.code == .rateLimited, case .transient(let after?) = error.retry {
                // A wish beyond a year is none that a sum of milliseconds should have to hold.
                let wish = min(after, .seconds(31_536_000)).components
                let milliseconds = wish.seconds * 1000 + wish.attoseconds / 1_000_000_000_000_000
                closedUntil.max(time.millisecondsSinceEpoch + milliseconds, ordering: .relaxed)
            }
            throw error
        }
    }
}
