@testable import Messaging
import Testing

@Suite("Settlement window")
struct SettlementWindowTests {
    private struct Harness {
        var window = SettlementWindow()
        var frames: [SettlementWindow.Frame] = []

        init(delivered: UInt64) {
            for number in 1...delivered { _ = window.deliver(number) }
        }

        mutating func settle(_ number: UInt64, _ settlement: Settlement = .acknowledge) {
            var sent: [SettlementWindow.Frame] = []
            window.settle(number, as: settlement) { sent.append($0) }
            frames += sent
        }

        mutating func flush() -> [SettlementWindow.Frame] {
            var sent = frames
            window.flush { sent.append($0) }
            frames = []
            return sent
        }
    }

    @Test("acknowledged beginnings go in one frame, later ones alone")
    func batches() {
        var channel = Harness(delivered: 6)
        for number: UInt64 in [2, 1, 3, 5] { channel.settle(number) }
        #expect(channel.flush() == [.acknowledge(3, multiple: true), .acknowledge(5, multiple: false)])
        channel.settle(4)
        #expect(channel.flush() == [.acknowledge(4, multiple: false)])
        channel.settle(6)
        #expect(channel.flush() == [.acknowledge(6, multiple: false)])
        #expect(channel.flush().isEmpty)
    }

    @Test("a number that was sent already never ends a frame for several")
    func sentInBetween() {
        var channel = Harness(delivered: 4)
        channel.settle(3, .reject)
        for number: UInt64 in [1, 2] { channel.settle(number) }
        #expect(channel.flush() == [.reject(3), .acknowledge(2, multiple: true)])
        channel.settle(4, .requeue)
        #expect(channel.flush() == [.requeue(4)])
    }

    @Test("what is settled twice or was never delivered is not sent")
    func unknown() {
        var channel = Harness(delivered: 2)
        channel.settle(1)
        channel.settle(1, .reject)
        channel.settle(3)
        channel.settle(0)
        #expect(channel.flush() == [.acknowledge(1, multiple: false)])
        channel.settle(1)
        #expect(channel.flush().isEmpty)
        #expect(channel.window.unsettled == 1)
    }

    @Test("numbers must come without gaps")
    func gaps() {
        var window = SettlementWindow()
        let accepted = [1, 3, 2].map { window.deliver($0) }
        #expect(accepted == [true, false, true])
    }

    @Test("any order of settling acknowledges every delivery once")
    func anyOrder() {
        var random = SystemRandomNumberGenerator()
        var channel = Harness(delivered: 3000)
        var open = Set<UInt64>(1...3000)
        for (index, number) in (UInt64(1)...3000).shuffled(using: &random).enumerated() {
            channel.settle(number)
            guard index % 7 == 0 || index == 2999 else { continue }
            for frame in channel.flush() {
                guard case .acknowledge(let number, let multiple) = frame else { continue }
                #expect(open.contains(number))
                open = open.filter { multiple ? $0 > number : $0 != number }
            }
        }
        #expect(open.isEmpty)
        #expect(channel.window.unsettled == 0)
    }
}
