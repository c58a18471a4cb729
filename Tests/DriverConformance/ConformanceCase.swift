import Storage
public import Testing

/// One promise that every driver keeps.
public struct ConformanceCase: Sendable, CustomTestStringConvertible {
    /// The promise, as a sentence.
    public let promise: String
    private let applies: @Sendable (DriverHarness) -> Bool
    private let body: @Sendable (DriverHarness) async throws -> Void

    init(
        _ promise: String, where applies: @escaping @Sendable (DriverHarness) -> Bool = { _ in true },
        _ body: @escaping @Sendable (DriverHarness) async throws -> Void
    ) {
        self.promise = promise
        self.applies = applies
        self.body = body
    }

    /// The promise.
    public var testDescription: String { promise }

    /// Has the driver keep the promise over an empty store; what it does not keep is recorded as an issue.
    public func run(_ harness: DriverHarness) async throws { try await body(harness) }

    /// All promises.
    public static var all: [ConformanceCase] {
        declarations + roundTrips + identities + races + failures + reads + names + listings + deletions + retentions
            + protections + copies + surveys + resumptions + slicedReads
    }

    /// The cases that a harness's capabilities select, paired with it.
    public static func selected(
        _ harnesses: [DriverHarness]
    ) -> [(harness: DriverHarness, promise: ConformanceCase)] {
        harnesses.flatMap { harness in
            all.filter { $0.applies(harness) }.map { (harness: harness, promise: $0) }
        }
    }
}
