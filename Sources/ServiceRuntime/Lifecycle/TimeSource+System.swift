import Glibc

extension TimeSource {
    /// The clocks of the kernel.
    package static let system = TimeSource(
        millisecondsSinceEpoch: { milliseconds(of: reading(CLOCK_REALTIME)) },
        monotonic: {
            let now = reading(CLOCK_MONOTONIC)
            return .seconds(now.tv_sec) + .nanoseconds(now.tv_nsec)
        },
        sleep: { try await ContinuousClock().sleep(for: $0) })

    private static func reading(_ clock: clockid_t) -> timespec {
        var now = timespec()
        // Fails only for a clock that does not exist.
        clock_gettime(clock, &now)
        return now
    }

    private static func milliseconds(of time: timespec) -> Int64 {
        Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
