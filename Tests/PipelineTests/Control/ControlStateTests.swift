import Pipeline
import StowageContract
import Testing

@Suite("ControlState")
struct ControlStateTests {
    static let day: Int64 = 86_400_000
    static let now = Timestamp(millisecondsSinceEpoch: 100 * day)
    static let drivers = ["a", "b"].compactMap { DriverName($0) }

    /// Orders in words (`pause a w-1`, `*` is all), and what then holds for `a` and `b` on `w-1`.
    static let holds: [(orders: [String], expected: String)] = [
        ([], "- -"),
        (["pause a *"], "paused -"),
        (["pause * *"], "paused paused"),
        (["pause a *", "resume a *"], "- -"),
        (["pause * *", "resume b *"], "paused -"),
        (["pause a *", "resume * *"], "- -"),
        (["pause a *", "drain a *"], "drained -"),
        (["drain * w-1"], "drained drained"),
        (["drain * w-2"], "- -"),
        (["pause * *", "resume * w-1"], "- -"),
        (["resume * w-1", "pause * *"], "paused paused"),
        (["pause a w-1", "resume a w-2"], "paused -"),
        (["pause c *"], "- -"),
    ]

    @Test("the last order about a driver holds", arguments: holds)
    func hold(orders: [String], expected: String) {
        var state = ControlState(worker: "w-1", drivers: Self.drivers)
        for text in orders {
            let words = text.split(separator: " ").map(String.init)
            guard let command = ConsumptionCommand(rawValue: words[0]) else { continue }
            let message = ControlMessage.consumption(
                command, driver: words[1] == "*" ? nil : DriverName(words[1]), worker: words[2] == "*" ? nil : words[2])
            state.apply(ControlOrder(message, sentAt: Self.now), now: Self.now)
        }
        let words = Self.drivers.map { driver in
            switch state.hold(on: driver) {
            case .paused: "paused"
            case .drained: "drained"
            case nil: "-"
            }
        }
        #expect(words.joined(separator: " ") == expected)
        #expect(state.isDrained == (expected == "drained drained"))
    }

    private func cancel(_ id: String, _ state: inout ControlState, sentAt: Timestamp = now, now: Timestamp = now) {
        guard let id = TaskID(id) else { return }
        state.apply(ControlOrder(.cancel(id), by: "op", sentAt: sentAt), now: now)
    }

    private func isCancelled(_ id: String, _ state: ControlState, at moment: Timestamp = now) -> Bool {
        TaskID(id).flatMap { state.cancellation(of: $0, now: moment) } != nil
    }

    @Test("a cancellation names who wanted it, and holds for seven days from when it was sent")
    func cancellation() throws {
        var state = ControlState(worker: "w-1", drivers: Self.drivers)
        cancel("t-1", &state, sentAt: Self.now.advanced(byMilliseconds: -6 * Self.day))
        cancel("t-2", &state, sentAt: Self.now.advanced(byMilliseconds: -7 * Self.day))
        #expect(state.cancellation(of: try #require(TaskID("t-1")), now: Self.now)?.by == "op")
        #expect(!isCancelled("t-2", state) && !isCancelled("t-3", state))
        #expect(isCancelled("t-1", state, at: Self.now.advanced(byMilliseconds: Self.day - 1)))
        #expect(!isCancelled("t-1", state, at: Self.now.advanced(byMilliseconds: Self.day)))
        #expect(state.cancellationCount == 1)
    }

    @Test("a repetition makes it longer, never shorter")
    func repetition() {
        var state = ControlState(worker: "w-1", drivers: Self.drivers)
        let later = Self.now.advanced(byMilliseconds: Self.day)
        cancel("t-1", &state)
        cancel("t-1", &state, sentAt: later, now: later)
        cancel("t-1", &state, sentAt: Self.now, now: later)
        #expect(isCancelled("t-1", state, at: Self.now.advanced(byMilliseconds: 7 * Self.day + 1)))
        #expect(state.cancellationCount == 1)
    }

    @Test("what is over is dropped, and of too many the oldest are forgotten and counted")
    func bounded() {
        var state = ControlState(worker: "w-1", drivers: Self.drivers, mostCancellations: 3)
        for number in 1...5 { cancel("t-\(number)", &state) }
        #expect(state.forgotten == 2 && state.cancellationCount == 3)
        #expect(!isCancelled("t-2", state) && isCancelled("t-3", state) && isCancelled("t-5", state))
        let later = Self.now.advanced(byMilliseconds: 8 * Self.day)
        cancel("t-6", &state, sentAt: later, now: later)
        #expect(state.forgotten == 2 && state.cancellationCount == 1)
        #expect(isCancelled("t-6", state, at: later))
    }

    @Test("of 200,000 cancellations the last 100,000 are known", .timeLimit(.minutes(5)))
    func many() {
        var state = ControlState(worker: "w-1", drivers: Self.drivers)
        for number in 0..<200_000 { cancel("0193a6e2-7b1c-7c3e-9f0a-\(number)", &state) }
        #expect(state.cancellationCount == 100_000 && state.forgotten == 100_000)
    }
}
