@testable import Messaging
import Testing

@Suite("Settlement backlog")
struct SettlementBacklogTests {
    private static func isOwed(_ frames: [SettlementWindow.Frame]) -> Bool {
        var backlog = SettlementBacklog()
        for frame in frames { backlog.note(frame) }
        return backlog.isOwed
    }

    @Test("what the broker hands on at once owes nothing, one command more does")
    func limit() {
        let frames = (1...33).map { SettlementWindow.Frame.acknowledge($0, multiple: false) }
        #expect(!Self.isOwed([]))
        #expect(!Self.isOwed(Array(frames.dropLast())))
        #expect(Self.isOwed(frames))
        #expect(Self.isOwed(frames.dropLast() + [.reject(33)]))
    }

    @Test("what is given back takes room, but is not owed itself")
    func requeued() {
        let requeued = (1...100).map { SettlementWindow.Frame.requeue($0) }
        #expect(!Self.isOwed(requeued))
        #expect(Self.isOwed(requeued + [.acknowledge(101, multiple: true)]))
        #expect(!Self.isOwed([.acknowledge(1000, multiple: true)] + requeued))
    }

    @Test("an answer of the queue clears it")
    func clear() {
        var backlog = SettlementBacklog()
        for number: UInt64 in 1...40 { backlog.note(.reject(number)) }
        backlog.clear()
        #expect(!backlog.isOwed)
        backlog.note(.reject(41))
        #expect(!backlog.isOwed)
    }
}
