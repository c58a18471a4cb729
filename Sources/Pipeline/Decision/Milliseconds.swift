package import ServiceRuntime
package import StowageContract

extension Duration {
    /// Rounded up.
    package var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    }
}

extension Timestamp {
    /// That much later.
    package func advanced(byMilliseconds milliseconds: Int64) -> Timestamp {
        Timestamp(millisecondsSinceEpoch: millisecondsSinceEpoch + milliseconds)
    }
}

extension TimeSource {
    /// The moment.
    package var now: Timestamp { Timestamp(millisecondsSinceEpoch: millisecondsSinceEpoch) }
}
