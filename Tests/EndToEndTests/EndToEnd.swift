import Testing

/// One after the other: each has processes and a broker of its own, and the machine is small.
@Suite("End to end", .serialized)
enum EndToEnd {}
