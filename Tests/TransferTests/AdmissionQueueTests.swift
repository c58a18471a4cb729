import Testing

@testable import Transfer

@Suite("Admission of transfers")
struct AdmissionQueueTests {
    @Test("so many at once in all, and for each host; who waits for a busy host holds up nobody else")
    func limits() {
        var queue = AdmissionQueue(most: 3, mostPerHost: 2)
        for (id, host) in [(1, "a"), (2, "a"), (3, "a"), (4, "b"), (5, "b")] { queue.add(id, host: host) }
        #expect([queue.next(), queue.next(), queue.next(), queue.next()] == [1, 2, 4, nil])
        queue.remove(4)
        #expect([queue.next(), queue.next()] == [5, nil])
        queue.remove(5)
        #expect(queue.next() == nil)
        queue.remove(1)
        #expect([queue.next(), queue.next()] == [3, nil])
    }

    @Test("who is taken out while it waits never begins")
    func removed() {
        var queue = AdmissionQueue(most: 1, mostPerHost: 1)
        for id in 1...3 { queue.add(id, host: "a") }
        #expect(queue.next() == 1)
        queue.remove(2)
        queue.remove(1)
        #expect(queue.next() == 3)
        queue.remove(3)
        #expect(queue.isEmpty)
    }
}
