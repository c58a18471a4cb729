/// Elements on their way from any thread to the one task that reads them; unbounded, in order.
///
/// An `AsyncStream` whose elements pass under a lock, for the reason that `Handover` gives.
package struct Mailbox<Element: Sendable>: AsyncSequence, Sendable {
    private let stream: AsyncStream<Element>
    private let door: Door

    /// What who puts in and who takes out pass through, one at a time.
    fileprivate final class Door: Sendable {
        private let passed = Guarded(0)

        func pass() { passed.withLock { $0 &+= 1 } }
    }

    /// Where elements are put in.
    package struct Slot: Sendable {
        fileprivate let continuation: AsyncStream<Element>.Continuation
        fileprivate let door: Door

        /// Returns whether anybody may still read it.
        @discardableResult
        package func put(_ element: Element) -> Bool {
            door.pass()
            if case .terminated = continuation.yield(element) { return false }
            return true
        }

        /// Ends the sequence behind what was put in.
        package func finish() { continuation.finish() }
    }

    package struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate var iterator: AsyncStream<Element>.Iterator
        fileprivate let door: Door

        package mutating func next() async -> Element? { await next(isolation: #isolation) }

        package mutating func next(isolation actor: isolated (any Actor)?) async -> Element? {
            let element = await iterator.next(isolation: actor)
            door.pass()
            return element
        }
    }

    /// An empty one, and where elements are put into it.
    package static func make() -> (mailbox: Mailbox, slot: Slot) {
        let (stream, continuation) = AsyncStream.makeStream(of: Element.self)
        let door = Door()
        return (Mailbox(stream: stream, door: door), Slot(continuation: continuation, door: door))
    }

    private init(stream: AsyncStream<Element>, door: Door) {
        self.stream = stream
        self.door = door
    }

    package func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(iterator: stream.makeAsyncIterator(), door: door)
    }
}
