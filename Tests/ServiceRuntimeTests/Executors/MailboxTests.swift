import Foundation
import Sharing
import Testing
import TestSupport

@Suite("Mailbox", .timeLimit(.minutes(1)))
struct MailboxTests {
    @Test("elements are read in their order, up to the end")
    func order() async {
        let (mailbox, slot) = Mailbox<Int>.make()
        await withDiscardingTaskGroup { group in
            group.addTask {
                for number in 0..<10_000 { slot.put(number) }
                slot.finish()
            }
            var read: [Int] = []
            for await number in mailbox { read.append(number) }
            #expect(read == Array(0..<10_000))
        }
        #expect(!slot.put(1))
    }

    @Test("what was put in before the end is still read")
    func rest() async {
        let (mailbox, slot) = Mailbox<Int>.make()
        slot.put(1)
        slot.put(2)
        slot.finish()
        #expect(!slot.put(3))
        var iterator = mailbox.makeAsyncIterator()
        #expect(await iterator.next() == 1)
        #expect(await iterator.next() == 2)
        #expect(await iterator.next() == nil)
    }

    @Test("one iterator goes on where another has stopped")
    func severalIterators() async {
        let (mailbox, slot) = Mailbox<Int>.make()
        for number in 0..<10 { slot.put(number) }
        var read: [Int] = []
        for _ in 0..<5 {
            var iterator = mailbox.makeAsyncIterator()
            if let number = await iterator.next() { read.append(number) }
            if let number = await iterator.next() { read.append(number) }
        }
        #expect(read == Array(0..<10))
    }

    @Test("the cancellation of the reader ends it")
    func cancelled() async {
        let (mailbox, slot) = Mailbox<Int>.make()
        let hasRead = Watched(0)
        let reader = Task {
            for await _ in mailbox { hasRead.change { $0 += 1 } }
        }
        slot.put(1)
        await hasRead.first { $0 == 1 }
        reader.cancel()
        await reader.value
        #expect(!slot.put(2))
    }

    @Test("a reader that is cancelled while something comes ends, and so do those who put it in and who cancelled")
    func crossed() async {
        for _ in 0..<1000 {
            let (mailbox, slot) = Mailbox<Int>.make()
            let isReading = Watched(false)
            let ended = Watched(0)
            let reader = Task {
                isReading.change { $0 = true }
                for await _ in mailbox {}
                ended.change { $0 += 1 }
            }
            await isReading.first { $0 }
            Thread.detachNewThread {
                slot.put(1)
                ended.change { $0 += 1 }
            }
            Thread.detachNewThread {
                reader.cancel()
                ended.change { $0 += 1 }
            }
            await ended.first { $0 == 3 }
        }
    }

    @Test("nothing is taken once nobody can read it any more")
    func abandoned() {
        var mailbox: Mailbox<Int>?
        let slot: Mailbox<Int>.Slot
        (mailbox, slot) = Mailbox<Int>.make()
        #expect(slot.put(1))
        _ = mailbox
        mailbox = nil
        #expect(!slot.put(2))
    }
}
