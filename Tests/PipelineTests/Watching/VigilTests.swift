import Pipeline
import Storage
import StowageContract
import Testing

/// One look: the clock in seconds, what moved since the look before, whose turn it is, and what must follow.
struct Look: Sendable {
    var at: Int
    var moved = false
    var awaited = ErrorPlace.driver
    var isReporting = false
    var isStopped = false
    var expected: String?
}

/// One row: terms, the looks that are taken on them.
struct VigilCase: Sendable, CustomTestStringConvertible {
    var name: String
    var terms: WatchTerms
    var looks: [Look]

    var testDescription: String { name }
}

@Suite("Vigil")
struct VigilTests {
    static let start = Timestamp(millisecondsSinceEpoch: 1_000_000)
    static let limit = WatchTerms(noProgress: .seconds(300))

    static func deadline(after seconds: Int64, noProgress: Int = 300) -> WatchTerms {
        WatchTerms(
            noProgress: .seconds(noProgress), deadline: Timestamp(millisecondsSinceEpoch: 1_000_000 + seconds * 1000))
    }

    static let cases: [VigilCase] = [
        .init(
            name: "what does not move is stopped when its time is over", terms: limit,
            looks: [.init(at: 1), .init(at: 299), .init(at: 300, expected: "timed out at driver after 300")]),
        .init(
            name: "each movement gives it its whole time again", terms: limit,
            looks: [
                .init(at: 299, moved: true), .init(at: 598), .init(at: 599, expected: "timed out at driver after 300"),
            ]),
        .init(
            name: "slow but moving goes on for ever", terms: limit,
            looks: (1...40).map { .init(at: $0 * 290, moved: true) }),
        .init(
            name: "who was being waited for is who failed", terms: limit,
            looks: [
                .init(at: 10, moved: true, awaited: .driver),
                .init(at: 310, awaited: .source, expected: "timed out at source after 300"),
            ]),
        .init(
            name: "a destination can stall as well", terms: limit,
            looks: [.init(at: 300, awaited: .destination, expected: "timed out at destination after 300")]),
        .init(
            name: "the deadline stops what moves", terms: deadline(after: 60),
            looks: [
                .init(at: 60, moved: true), .init(at: 61, moved: true, expected: "expired"),
            ]),
        .init(
            name: "the deadline comes before the limit", terms: deadline(after: 10, noProgress: 5),
            looks: [.init(at: 11, expected: "expired")]),
        .init(
            name: "what was stopped and hangs is left behind", terms: limit,
            looks: [
                .init(at: 300, expected: "timed out at driver after 300"), .init(at: 329),
                .init(at: 330, expected: "left"),
            ]),
        .init(
            name: "what was stopped and still moves is waited for", terms: deadline(after: 60),
            looks: [
                .init(at: 61, expected: "expired"), .init(at: 80, moved: true), .init(at: 109),
                .init(at: 110, expected: "left"),
            ]),
        .init(
            name: "what somebody else has stopped is left behind as well", terms: limit,
            looks: [.init(at: 10, isStopped: true), .init(at: 39), .init(at: 40, expected: "left")]),
        .init(
            name: "reports come at most once in their interval",
            terms: WatchTerms(noProgress: .seconds(300), progress: .seconds(10)),
            looks: [
                .init(at: 1, moved: true), .init(at: 9), .init(at: 10, expected: "report 1 of 1"), .init(at: 11),
                .init(at: 19), .init(at: 21, moved: true, expected: "report 2 of 2"), .init(at: 30),
                .init(at: 31, expected: "report 3 of 2"),
            ]),
        .init(
            name: "a report that is still on its way is not overtaken",
            terms: WatchTerms(noProgress: .seconds(300), progress: .seconds(10)),
            looks: [
                .init(at: 10, expected: "report 1 of 0"), .init(at: 20, isReporting: true),
                .init(at: 25, expected: "report 2 of 0"),
            ]),
        .init(
            name: "nothing is reported of what was stopped",
            terms: WatchTerms(noProgress: .seconds(5), progress: .seconds(10)),
            looks: [.init(at: 5, expected: "timed out at driver after 5"), .init(at: 20, moved: true)]),
    ]

    @Test("looks", arguments: cases)
    func looks(_ row: VigilCase) {
        var reading = TransferMeter.Reading()
        var vigil = Vigil(row.terms, reading, at: .zero)
        for look in row.looks {
            if look.moved {
                reading.movements += 1
                reading.bytesDone += 1
            }
            reading.awaited = look.awaited
            let moment = Duration.seconds(look.at)
            if look.isStopped { vigil.noteStop(at: moment) }
            let finding = vigil.look(
                reading, at: moment, now: Self.start.advanced(byMilliseconds: Int64(look.at) * 1000),
                isReporting: look.isReporting)
            if case .stop = finding { vigil.noteStop(at: moment) }
            #expect(finding.map(Self.text) == look.expected, "at \(look.at) s")
        }
    }

    private static func text(_ finding: Vigil.Finding) -> String {
        switch finding {
        case .report(let part, let reading): "report \(part) of \(reading.bytesDone)"
        case .stop(.deadline): "expired"
        case .stop(.noProgress(let limit, let place)):
            "timed out at \(place.rawValue) after \(limit.components.seconds)"
        case .stop(.cancelled): "cancelled"
        case .leave: "left"
        }
    }
}
