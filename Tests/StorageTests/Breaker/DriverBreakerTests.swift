import Storage
import StowageContract
import Testing

@Suite("The breaker of a driver")
struct DriverBreakerTests {
    /// What happens to a driver; each step a second after the one before.
    enum Step: Sendable {
        case call(StorageError?)
        case opening(StorageError?)
        case probe(StorageError?)
        /// That call, so many times.
        case calls(Int, StorageError?)
    }

    struct Row: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var steps: [Step]
        /// Seconds at which it went down or came up: `-5 +7`.
        var changes: String
        /// Seconds until the next probe.
        var wait: Int64 = 0

        init(_ description: String, _ steps: [Step], _ changes: String, wait: Int64 = 0) {
            self.testDescription = description
            self.steps = steps
            self.changes = changes
            self.wait = wait
        }
    }

    static func error(
        _ code: ErrorCode, at place: ErrorPlace = .driver, context: [String: String] = [:]
    ) -> StorageError {
        StorageError(code, .transient(after: nil), "x", at: place, context: context)
    }

    static let away = error(.unavailable)

    static let rows: [Row] = [
        Row("four silent calls are bad luck", [.calls(4, away)], ""),
        Row("the fifth in a row opens it", [.calls(5, away)], "-5"),
        Row("a call without an answer in time counts the same", [.calls(3, away), .calls(2, error(.timedOut))], "-5"),
        Row("an answer in between begins the count anew", [.calls(4, away), .call(nil), .calls(4, away)], ""),
        Row("a refusal is an answer", [.calls(4, away), .call(error(.conflict)), .calls(4, away)], ""),
        Row("a surprise is neither", [.calls(4, away), .call(error(.unexpected)), .call(away)], "-6"),
        Row("nor is the wish to be left alone", [.calls(4, away), .call(error(.rateLimited)), .call(away)], "-6"),
        Row("rate limits never open it", [.calls(9, error(.rateLimited))], ""),
        Row("bad sources never open it", [.calls(9, error(.unavailable, at: .source))], ""),
        Row("nor do destinations", [.calls(9, error(.timedOut, at: .destination))], ""),
        Row("nor cancelled calls", [.calls(9, error(.cancelled))], ""),
        Row("nor a damaged archive", [.calls(9, error(.unavailable, context: ["damage": "EIO"]))], ""),
        Row(
            "bad sources are no answer either", [.calls(4, away), .call(error(.notFound, at: .source)), .call(away)],
            "-6"),
        Row("a driver that cannot be opened is down at once", [.opening(away)], "-1"),
        Row("whatever the reason", [.opening(error(.permissionDenied))], "-1"),
        Row("but a cancelled opening says nothing", [.opening(error(.cancelled))], ""),
        Row("an opening that succeeds leaves it closed", [.opening(nil), .calls(4, away)], ""),
        Row("a probe without an answer opens it at once", [.probe(away)], "-1"),
        Row("a probe that is refused has its answer", [.probe(error(.permissionDenied))], ""),
        Row("a cancelled probe says nothing", [.probe(error(.cancelled))], ""),
        Row("calls that come back late do not close it", [.calls(5, away), .call(nil)], "-5"),
        Row("nor open it twice", [.calls(12, away)], "-5"),
        Row("the first probe is made at once", [.calls(5, away)], "-5", wait: 0),
        Row("the second after a second", [.calls(5, away), .probe(away)], "-5", wait: 1),
        Row("then the wait doubles", [.calls(5, away), .probe(away), .probe(away), .probe(away)], "-5", wait: 4),
        Row(
            "up to half a minute", [.calls(5, away)] + Array(repeating: .probe(away), count: 40), "-5", wait: 30),
        Row("a probe that is answered closes it", [.calls(5, away), .probe(away), .probe(nil)], "-5 +7", wait: 2),
        Row("so does a refusal", [.calls(5, away), .probe(error(.unauthenticated))], "-5 +6", wait: 1),
        Row("a cancelled probe does not", [.calls(5, away), .probe(error(.cancelled))], "-5"),
        Row("it counts from nothing then", [.calls(5, away), .probe(nil), .calls(4, away)], "-5 +6", wait: 1),
        Row(
            "one that answers probes only is believed less and less",
            [.calls(5, away), .probe(nil), .calls(5, away), .probe(nil), .calls(5, away), .probe(nil)],
            "-5 +6 -11 +12 -17 +18", wait: 4),
        Row("until a call succeeds", [.calls(5, away), .probe(away), .probe(nil), .call(nil)], "-5 +7", wait: 0),
        Row(
            "refusals do not restore that trust", [.calls(5, away), .probe(nil), .call(error(.notFound))], "-5 +6",
            wait: 1),
    ]

    @Test("opens and closes", arguments: rows)
    func opensAndCloses(row: Row) {
        var breaker = DriverBreaker()
        var changes: [String] = []
        var second: Int64 = 0
        func take(_ step: (inout DriverBreaker, Timestamp) -> DriverBreaker.Change?) {
            second += 1
            switch step(&breaker, Timestamp(millisecondsSinceEpoch: second * 1000)) {
            case .opened:
                changes.append("-\(second)")
                #expect(breaker.downSince?.millisecondsSinceEpoch == second * 1000)
            case .closed:
                changes.append("+\(second)")
                #expect(breaker.downSince == nil)
            case nil: break
            }
        }
        for step in row.steps {
            switch step {
            case .call(let error): take { $0.record(error, at: $1) }
            case .calls(let count, let error): for _ in 0..<count { take { $0.record(error, at: $1) } }
            case .opening(let error): take { $0.record(error, opening: true, at: $1) }
            case .probe(let error): take { $0.probed(error, opening: false, at: $1) }
            }
        }
        #expect(changes.joined(separator: " ") == row.changes)
        #expect(breaker.wait == .seconds(row.wait))
    }

    @Test("a probe that cannot open the driver is no answer, whatever the reason")
    func probeOfUnopened() {
        var breaker = DriverBreaker()
        let now = Timestamp(millisecondsSinceEpoch: 1)
        let denied = Self.error(.permissionDenied)
        #expect(breaker.probed(denied, opening: true, at: now) == .opened)
        #expect(breaker.probed(denied, opening: true, at: now) == nil)
        #expect(breaker.probed(nil, opening: false, at: now) == .closed)
    }

    @Test("one of which there is nothing to know is like new")
    func pristine() {
        var breaker = DriverBreaker()
        #expect(breaker.isPristine)
        _ = breaker.record(Self.away, at: Timestamp(millisecondsSinceEpoch: 1))
        #expect(!breaker.isPristine)
        _ = breaker.record(nil, at: Timestamp(millisecondsSinceEpoch: 2))
        #expect(breaker == DriverBreaker())
    }
}
