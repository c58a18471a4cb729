import Pipeline
import Storage
import StowageContract
import Testing

/// One row: why it was stopped, how it ended, and what its task failed of.
struct StopCase: Sendable, CustomTestStringConvertible {
    var name: String
    var reason: StopReason
    var failure: StorageError?
    var expected: String

    var testDescription: String { name }
}

@Suite("StopReason")
struct StopReasonTests {
    static let stalledDriver = StopReason.noProgress(.seconds(300), at: .driver)
    static let stalledSource = StopReason.noProgress(.seconds(7), at: .source)
    static let full = StorageError(.outOfSpace, .transient(after: nil), "full")

    static let cases: [StopCase] = [
        .init(
            name: "a cancellation stays one", reason: .cancelled, failure: .cancelled,
            expected: "cancelled at driver, certain, again"),
        .init(
            name: "the deadline is final, and the commit may have come before it", reason: .deadline,
            failure: .cancelled, expected: "expired at task, uncertain, never"),
        .init(
            name: "a driver that stalls may have committed", reason: stalledDriver, failure: .cancelled,
            expected: "timed-out at driver, uncertain, again"),
        .init(
            name: "a source that stalls kept the commit from coming", reason: stalledSource, failure: .cancelled,
            expected: "timed-out at source, certain, again"),
        .init(
            name: "what fails by itself has failed by itself", reason: stalledDriver, failure: full,
            expected: "out-of-space at driver, certain, again"),
        .init(
            name: "even after the deadline", reason: .deadline, failure: full,
            expected: "out-of-space at driver, certain, again"),
        .init(
            name: "what was left behind may still take effect", reason: stalledSource, failure: nil,
            expected: "timed-out at source, uncertain, again, left"),
        .init(
            name: "so may what somebody cancelled", reason: .cancelled, failure: nil,
            expected: "cancelled at driver, uncertain, again, left"),
    ]

    @Test("names the error", arguments: cases)
    func error(_ row: StopCase) {
        let error = row.reason.error(after: row.failure)
        let again = error.retry == .permanent ? "never" : "again"
        let left = error.context["left"] == nil ? "" : ", left"
        let text =
            "\(error.code.rawValue) at \(error.place.rawValue), \(error.isAmbiguous ? "uncertain" : "certain"), "
            + again + left
        #expect(text == row.expected)
    }

    @Test("says how long nothing moved")
    func seconds() {
        #expect(Self.stalledSource.error(after: .cancelled).context["seconds"] == "7")
    }
}
