package import ServiceRuntime
import StrictCoding

/// When a failed task is tried again.
package struct RetryConfiguration: Sendable {
    /// Attempts per driver, unless the task says otherwise.
    package var maxAttempts = 8
    /// Attempts on one driver before a store goes to its fallback.
    package var attemptsBeforeFailover = 3
    /// The waits before the attempts from the second on; the last repeats.
    ///
    /// Each is an exchange and a queue, named by its text.
    package var delays = ["5s", "30s", "2m", "10m", "1h", "6h"].compactMap { DurationText($0) }

    init(_ section: ConfigurationSection) {
        maxAttempts = section.integer("maxAttempts", in: 1...100).map { Int($0) } ?? maxAttempts
        attemptsBeforeFailover =
            section.integer("attemptsBeforeFailover", in: 1...100).map { Int($0) } ?? attemptsBeforeFailover
        let levels = section.list("delays") { text in
            DurationText(text).map { .success($0) }
                ?? .failure(.init("must be a duration such as 500ms, 5s, 2m, 1h or 7d, at most 30d"))
        }
        if let levels, !levels.isEmpty {
            delays = levels
            check(section)
        } else if section.object["delays"]?.array?.isEmpty == true {
            section.refuse("delays", "must not be empty")
        }
        section.finish()
    }

    private func check(_ section: ConfigurationSection) {
        if delays.count > 16 { section.refuse("delays", "must be at most 16: each is a queue") }
        for (shorter, longer) in zip(delays, delays.dropFirst()) where shorter.duration >= longer.duration {
            section.refuse("delays", "must rise: \(longer) does not come after \(shorter)")
            return
        }
    }
}
