@testable import Messaging
import Testing

@Suite("Confirm tracker")
struct ConfirmTrackerTests {
    private func settled(
        _ tracker: inout ConfirmTracker<Int>, _ number: UInt64, multiple: Bool = false, refused: Bool = false
    ) -> [String] {
        var answers: [String] = []
        tracker.settle(number, multiple: multiple, isRefused: refused) { entry, answer in
            switch answer {
            case .confirmed: answers.append("\(entry) confirmed")
            case .returned(let code, _): answers.append("\(entry) returned \(code)")
            case .refused: answers.append("\(entry) refused")
            }
        }
        return answers
    }

    private func tracker(_ count: Int) -> ConfirmTracker<Int> {
        var tracker = ConfirmTracker<Int>()
        for number in 1...count { tracker.append(number) }
        return tracker
    }

    @Test("confirms come in any order, single or for all up to a number")
    func order() {
        var tracker = tracker(5)
        #expect(settled(&tracker, 4) == ["4 confirmed"])
        #expect(settled(&tracker, 2, multiple: true) == ["1 confirmed", "2 confirmed"])
        #expect(tracker.count == 2)
        #expect(settled(&tracker, 5, multiple: true, refused: true) == ["3 refused", "5 refused"])
        #expect(tracker.count == 0)
        tracker.append(6)
        #expect(settled(&tracker, 6) == ["6 confirmed"])
    }

    @Test("0 with multiple is all; known and unknown numbers are passed over")
    func unknown() {
        var tracker = tracker(3)
        #expect(settled(&tracker, 9).isEmpty)
        #expect(settled(&tracker, 0).isEmpty)
        #expect(settled(&tracker, 2) == ["2 confirmed"])
        #expect(settled(&tracker, 2).isEmpty)
        #expect(settled(&tracker, 0, multiple: true) == ["1 confirmed", "3 confirmed"])
        #expect(settled(&tracker, 3, multiple: true).isEmpty)
    }

    @Test("a return belongs to the oldest equal publish that was not returned yet")
    func returned() {
        var tracker = tracker(3)
        tracker.markReturned(code: 312, text: "") { $0 >= 2 }
        tracker.markReturned(code: 313, text: "") { $0 >= 2 }
        #expect(settled(&tracker, 3, multiple: true) == ["1 confirmed", "2 returned 312", "3 returned 313"])
    }

    @Test("after the loss of a channel the numbers begin anew")
    func removeAll() {
        var tracker = tracker(3)
        #expect(settled(&tracker, 2) == ["2 confirmed"])
        #expect(tracker.removeAll() == [1, 3])
        tracker.append(4)
        #expect(settled(&tracker, 1) == ["4 confirmed"])
    }

    @Test("a hundred thousand in a window of fifty leave nothing behind")
    func long() {
        var tracker = ConfirmTracker<Int>()
        var sum = 0
        for number in 1...100_000 {
            tracker.append(number)
            guard number > 50 else { continue }
            tracker.settle(UInt64(number - 50), multiple: false, isRefused: false) { _, _ in sum += 1 }
        }
        #expect(sum == 99_950)
        #expect(tracker.removeAll() == Array(99_951...100_000))
    }
}
