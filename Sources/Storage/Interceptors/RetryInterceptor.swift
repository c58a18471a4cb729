package import ServiceRuntime
import StowageContract

/// Makes replayable calls again after a blip; everything longer is for the broker's ladder.
package struct RetryInterceptor: StorageInterceptor {
    private let time: TimeSource
    private let waits: [Duration]
    private let longestWait: Duration

    /// Waits that long before each further attempt, or as long as the store asks for where that is at most `longestWait`.
    package init(
        time: TimeSource, waits: [Duration] = [.milliseconds(20), .milliseconds(200)],
        longestWait: Duration = .seconds(1)
    ) {
        self.time = time
        self.waits = waits
        self.longestWait = longestWait
    }

    package func intercept<Value: Sendable>(
        _ call: StorageCall, _ next: () async throws(StorageError) -> Value
    ) async throws(StorageError) -> Value {
        guard call.isReplayable else { return try await next() }
        for wait in waits {
            do throws(StorageError) {
                return try await next()
            } catch {
                guard let wait = pause(before: wait, after: error) else { throw error }
                do { try await time.sleep(wait) } catch { throw StorageError.cancelled }
            }
        }
        do throws(StorageError) {
            return try await next()
        } catch {
            var error = error
            if case .transient(after: nil) = error.retry { error.retry = .exhausted }
            throw error
        }
    }

    /// `nil`: not a blip.
    private func pause(before wait: Duration, after error: StorageError) -> Duration? {
        guard case .transient(let after) = error.retry, error.code != .cancelled, error.code != .outOfSpace else {
            return nil
        }
        guard let after else { return wait }
        return after <= longestWait ? max(after, wait) : nil
    }
}
