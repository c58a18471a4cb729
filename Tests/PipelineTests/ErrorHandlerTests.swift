import Pipeline
import Storage
import StowageContract
import Testing

/// One row: what failed, in which situation, and what must become of the task.
struct DecisionCase: Sendable, CustomTestStringConvertible {
    var name: String
    var error: StorageError
    var operation = Operation.store
    var attempt = 1
    var maximumAttempts: Int?
    var slip: [String] = []
    var deadlineIn: Int64?
    var isShuttingDown = false
    var isCancelled = false
    var isDriverDown = false
    var isHandedOver = false
    var expected: String

    var testDescription: String { name }
}

@Suite("ErrorHandler")
struct ErrorHandlerTests {
    static let levels = [
        RetryLevel(name: "5s", milliseconds: 5_000), RetryLevel(name: "30s", milliseconds: 30_000),
        RetryLevel(name: "2m", milliseconds: 120_000),
    ]

    static func transient(
        _ code: ErrorCode, after: Duration? = nil, at place: ErrorPlace = .driver
    ) -> StorageError {
        StorageError(code, .transient(after: after), "x", at: place)
    }

    static func permanent(_ code: ErrorCode, at place: ErrorPlace = .driver) -> StorageError {
        StorageError(code, .permanent, "x", at: place)
    }

    static let cases: [DecisionCase] = [
        .init(
            name: "a first transient failure waits on the first rung", error: transient(.unavailable),
            expected: "retry 5s"),
        .init(name: "the second waits longer", error: transient(.unavailable), attempt: 2, expected: "retry 30s"),
        .init(
            name: "beyond the ladder the last rung repeats", error: transient(.unavailable), attempt: 7,
            expected: "retry 2m"),
        .init(name: "attempts end", error: transient(.unavailable), attempt: 8, expected: "give up"),
        .init(
            name: "a task may want fewer", error: transient(.unavailable), attempt: 2, maximumAttempts: 2,
            expected: "give up"),
        .init(
            name: "a task may want more", error: transient(.unavailable), attempt: 8, maximumAttempts: 9,
            expected: "retry 2m"),
        .init(
            name: "Retry-After is rounded up to a rung", error: transient(.rateLimited, after: .seconds(6)),
            expected: "retry 30s"),
        .init(
            name: "Retry-After beyond the ladder takes the last rung",
            error: transient(.rateLimited, after: .seconds(6000)), expected: "retry 2m"),
        .init(
            name: "nothing is scheduled behind the deadline", error: transient(.unavailable), deadlineIn: 4_999,
            expected: "give up"),
        .init(
            name: "a retry just before the deadline is", error: transient(.unavailable), deadlineIn: 5_000,
            expected: "retry 5s"),
        .init(name: "a permanent failure ends", error: permanent(.notFound), expected: "give up"),
        .init(
            name: "an exhausted one still climbs the ladder", error: StorageError(.unavailable, .exhausted, "x"),
            expected: "retry 5s"),
        .init(
            name: "a full driver is left at once", error: transient(.outOfSpace), slip: ["b", "c"],
            expected: "failover b rest c"),
        .init(
            name: "so is one that forbids", error: permanent(.permissionDenied), slip: ["b"],
            expected: "failover b rest "),
        .init(
            name: "a full driver without alternative is waited for", error: transient(.outOfSpace), expected: "retry 5s"
        ),
        .init(
            name: "an unavailable driver gets its attempts first", error: transient(.unavailable), attempt: 2,
            slip: ["b"], expected: "retry 30s"),
        .init(
            name: "then it is left", error: transient(.unavailable), attempt: 3, slip: ["b"],
            expected: "failover b rest "),
        .init(
            name: "it is left early where no retry is allowed", error: transient(.unavailable), slip: ["b"],
            deadlineIn: 10, expected: "failover b rest "),
        .init(
            name: "behind the deadline nobody is handed it", error: transient(.outOfSpace), slip: ["b"],
            deadlineIn: -1, expected: "give up"),
        .init(
            name: "a driver that stalls gets its attempts", error: transient(.timedOut), attempt: 2, slip: ["b"],
            expected: "retry 30s"),
        .init(
            name: "then it is left as well", error: transient(.timedOut), attempt: 3, slip: ["b"],
            expected: "failover b rest "),
        .init(
            name: "a source that stalls would stall elsewhere too", error: transient(.timedOut, at: .source),
            attempt: 3, slip: ["b"], expected: "retry 2m"),
        .init(
            name: "what has expired ends", error: permanent(.expired, at: .task), slip: ["b"], deadlineIn: -1,
            expected: "give up"),
        .init(
            name: "a deadline that passes during a shutdown has passed", error: permanent(.expired, at: .task),
            deadlineIn: -1, isShuttingDown: true, expected: "give up"),
        .init(
            name: "a permanent surprise of the driver is left at once", error: permanent(.unexpected), slip: ["b"],
            expected: "failover b rest "),
        .init(
            name: "a bad source fails everywhere", error: transient(.unavailable, at: .source), attempt: 3, slip: ["b"],
            expected: "retry 2m"),
        .init(
            name: "a conflict is no reason to move", error: permanent(.conflict), slip: ["b"], expected: "give up"),
        .init(
            name: "only a store moves", error: transient(.outOfSpace), operation: .retrieve, slip: ["b"],
            expected: "retry 5s"),
        .init(
            name: "a copy whose target is full waits", error: transient(.outOfSpace, at: .destination),
            operation: .copy, slip: ["b"], expected: "retry 5s"),
        .init(
            name: "a copy whose source cannot be read waits", error: transient(.unavailable, at: .source),
            operation: .copy, attempt: 3, expected: "retry 2m"),
        .init(
            name: "a copy whose target forbids ends", error: permanent(.permissionDenied, at: .destination),
            operation: .copy, slip: ["b"], expected: "give up"),
        .init(
            name: "a shutdown is not a failure", error: permanent(.cancelled), slip: ["b"], isShuttingDown: true,
            expected: "hand back"),
        .init(
            name: "a delivery that had its time is handed over", error: transient(.cancelled), slip: ["b"],
            isHandedOver: true, expected: "hand over"),
        .init(
            name: "even while the process ends", error: transient(.cancelled), isShuttingDown: true,
            isHandedOver: true, expected: "hand over"),
        .init(
            name: "a store that failed at its last checkpoint has failed", error: transient(.outOfSpace), slip: ["b"],
            isHandedOver: true, expected: "failover b rest "),
        .init(
            name: "unless an operator has cancelled the task", error: transient(.cancelled), isCancelled: true,
            isHandedOver: true, expected: "cancel"),
        .init(name: "a cancellation without shutdown ends", error: permanent(.cancelled), expected: "give up"),
        .init(
            name: "what an operator cancelled ends", error: permanent(.cancelled, at: .source), slip: ["b"],
            isCancelled: true, expected: "cancel"),
        .init(
            name: "however its attempt failed", error: transient(.outOfSpace), slip: ["b"], isCancelled: true,
            expected: "cancel"),
        .init(
            name: "what was cancelled while the worker ends is left to the next one", error: transient(.cancelled),
            isShuttingDown: true, isCancelled: true, expected: "hand back"),
        .init(
            name: "a real failure during shutdown counts", error: transient(.unavailable), isShuttingDown: true,
            expected: "retry 5s"),
        .init(
            name: "a driver that is down is waited for about as long as between two probes",
            error: transient(.unavailable), isDriverDown: true, expected: "wait 30s"),
        .init(
            name: "for ever, because nothing is counted", error: transient(.unavailable, after: .seconds(30)),
            attempt: 8, isDriverDown: true, expected: "wait 30s"),
        .init(
            name: "a store leaves it at once", error: transient(.timedOut), slip: ["b", "c"], isDriverDown: true,
            expected: "failover b rest c"),
        .init(
            name: "nothing else does", error: transient(.unavailable), operation: .retrieve, slip: ["b"],
            isDriverDown: true, expected: "wait 30s"),
        .init(
            name: "near the deadline it is waited for shorter", error: transient(.unavailable), deadlineIn: 29_999,
            isDriverDown: true, expected: "wait 5s"),
        .init(
            name: "and not beyond it", error: transient(.unavailable), deadlineIn: 4_999, isDriverDown: true,
            expected: "give up"),
        .init(
            name: "what the driver said before it went down stands", error: permanent(.notFound), isDriverDown: true,
            expected: "give up"),
        .init(
            name: "so does what it said of the bytes", error: transient(.integrityMismatch), slip: ["b"],
            isDriverDown: true, expected: "retry 5s"),
        .init(
            name: "a bad source counts, whoever is down", error: transient(.unavailable, at: .source),
            isDriverDown: true, expected: "retry 5s"),
    ]

    @Test("decides", arguments: cases)
    func decides(_ row: DecisionCase) {
        let now = Timestamp(millisecondsSinceEpoch: 1_000_000)
        let handler = ErrorHandler(policy: RetryPolicy(levels: Self.levels))
        let decision = handler.decide(
            row.error,
            in: ErrorHandler.Situation(
                operation: row.operation, attempt: row.attempt, maximumAttempts: row.maximumAttempts,
                slip: row.slip.compactMap { DriverName($0) },
                deadline: row.deadlineIn.map { now.advanced(byMilliseconds: $0) }, now: now,
                isShuttingDown: row.isShuttingDown, isCancelled: row.isCancelled, isDriverDown: row.isDriverDown,
                isHandedOver: row.isHandedOver))
        let text =
            switch decision {
            case .retry(let level, let at):
                at == now.advanced(byMilliseconds: level.milliseconds) ? "retry \(level.name)" : "retry at a wrong time"
            case .wait(let level, let at):
                at == now.advanced(byMilliseconds: level.milliseconds) ? "wait \(level.name)" : "wait at a wrong time"
            case .failover(let next, let rest): "failover \(next) rest \(rest.map(\.text).joined(separator: ","))"
            case .giveUp: "give up"
            case .handBack: "hand back"
            case .handOver: "hand over"
            case .cancel: "cancel"
            }
        #expect(text == row.expected)
    }

    @Test("every code has an urge", arguments: ErrorCode.allCases)
    func urge(_ code: ErrorCode) {
        let atOnce: Set<ErrorCode> = [
            .outOfSpace, .tooLarge, .unsupported, .permissionDenied, .unauthenticated, .readOnly,
        ]
        let later: Set<ErrorCode> = [.unavailable, .timedOut, .rateLimited, .unexpected, .integrityMismatch]
        let expected: FailoverUrge = atOnce.contains(code) ? .atOnce : later.contains(code) ? .afterAttempts : .never
        #expect(FailoverUrge(StorageError(code, .permanent, "x")) == expected)
        #expect(FailoverUrge(StorageError(code, .permanent, "x", at: .source)) == .never)
    }

    @Test("a task whose workers died is tried again seven times, scattered over the ladder, and never for ever")
    func deaths() {
        let levels = (0..<6).map { RetryLevel(name: "\($0)", milliseconds: 1000 << (2 * $0)) }
        let handler = ErrorHandler(policy: RetryPolicy(levels: levels))
        let now = Timestamp(millisecondsSinceEpoch: 1_000_000)
        func level(_ task: String, _ rounds: Int, deadline: Timestamp? = nil) -> String? {
            let decision = handler.afterDeaths(rounds: rounds, of: task, deadline: deadline, now: now)
            if case .retry(let level, let at) = decision {
                #expect(at == now.advanced(byMilliseconds: level.milliseconds))
                return level.name
            }
            #expect(decision == .giveUp)
            return nil
        }
        for rounds in 1...10 {
            let names = (0..<400).map { level("task-\($0)", rounds) }
            guard rounds < 8 else {
                #expect(names.allSatisfy { $0 == nil })
                continue
            }
            // A quarter each, more or less.
            for name in ["0", "1", "2", "3"] { #expect((60...140).contains(names.count { $0 == name }), "\(rounds)") }
        }
        // Two tasks that died together part sooner or later.
        let together = (0..<400).count { task in
            (1..<8).allSatisfy { level("task-\(task)", $0) == level("other-\(task)", $0) }
        }
        #expect(together == 0)
        let soon = now.advanced(byMilliseconds: 1500)
        #expect((0..<40).allSatisfy { level("task-\($0)", 1, deadline: soon) == "0" })
    }
}
