import Storage
import Testing

/// One promise that every driver keeps.
package struct ConformanceCase: Sendable, CustomTestStringConvertible {
    /// The promise, as a sentence.
    package let promise: String
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

    package var testDescription: String { promise }

    package func run(_ harness: DriverHarness) async throws { try await body(harness) }

    /// All promises.
    package static var all: [ConformanceCase] {
        roundTrips + identities + races + failures + reads + names + listings + deletions + retentions
            + protections + copies + surveys
    }

    /// The cases that a harness's capabilities select, paired with it.
    package static func selected(
        _ harnesses: [DriverHarness]
    ) -> [(harness: DriverHarness, promise: ConformanceCase)] {
        harnesses.flatMap { harness in
            all.filter { $0.applies(harness) }.map { (harness: harness, promise: $0) }
        }
    }
}
