import Testing

/// All suites of this target, one test at a time: an alarm or a closed connection on the shared node hits everybody.
@Suite("Brokers", .serialized, .timeLimit(.minutes(2)))
enum BrokerConformance {}
