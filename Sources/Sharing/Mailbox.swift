/// Elements on their way from any thread to the one task that reads them; unbounded, in order.
///
/// Like an `AsyncStream`, ended by `finish`, by the cancellation of the task that reads, or when nobody can read it any
/// more; what was put in before is still read. Its elements pass under a lock, for the reason that `Handover` gives, and
/// the reader takes all that are there at once.
@usableFromInline
package struct Mailbox<Element: Sendable>: AsyncSequence, Sendable {
    @usableFromInline
    struct State {
        @usableFromInline var elements: [Element] = []
        @usableFromInline var isFinished = false
        /// The one that waits, to be resumed without the lock: whoever cancels a task keeps it from going on until the
        /// handler of its cancellation is through, which needs the lock.
        @usableFromInline var reader: Handover<Void>?

        @inlinable
        init() {}
    }

    /// What both ends share.
    @usableFromInline
    final class Box: Sendable {
        @usableFromInline let state: Guarded<State>

        @inlinable
        init() { state = Guarded(State()) }

        @inlinable
        func put(_ element: Element) -> Bool {
            let (isOpen, reader) = state.withLock { state -> (Bool, Handover<Void>?) in
                if state.isFinished { return (false, nil) }
                state.elements.append(element)
                return (true, state.reader.take())
            }
            reader?.resume()
            return isOpen
        }

        @inlinable
        func finish() {
            let reader = state.withLock { state in
                state.isFinished = true
                return state.reader.take()
            }
            reader?.resume()
        }

        /// All that has come, or `nil` at the end.
        ///
        /// `spare` is empty memory for what comes next.
        @inlinable
        func takeAll(replacing spare: [Element]) async -> [Element]? {
            while true {
                let (taken, isFinished) = state.withLock { state in
                    let taken = state.elements
                    if !taken.isEmpty { state.elements = spare }
                    return (taken, state.isFinished)
                }
                if !taken.isEmpty { return taken }
                if isFinished { return nil }
                await wait()
            }
        }

        @inlinable
        func wait() async {
            await withTaskCancellationHandler {
                await handedOver { reader in
                    let isReady = state.withLock { state in
                        if state.isFinished || !state.elements.isEmpty { return true }
                        precondition(state.reader == nil, "a mailbox has one reader")
                        state.reader = reader
                        return false
                    }
                    if isReady { reader.resume() }
                }
            } onCancel: {
                finish()
            }
        }
    }

    /// The reading end, which lives as long as anybody can read.
    @usableFromInline
    final class Reader: Sendable {
        @usableFromInline let box: Box
        /// Taken out of the box and not read yet, last first; here and not in an iterator, so that the next one goes on.
        @usableFromInline let taken = Guarded<[Element]>([])

        @inlinable
        init(_ box: Box) { self.box = box }

        @inlinable
        deinit { box.finish() }

        @inlinable
        func next() async -> Element? {
            if let element = taken.withLock({ $0.popLast() }) { return element }
            let spare = taken.withLock { taken in
                let spare = taken
                taken = []
                return spare
            }
            guard var more = await box.takeAll(replacing: spare) else { return nil }
            more.reverse()
            let element = more.popLast()
            let rest = more
            taken.withLock { $0 = rest }
            return element
        }
    }

    /// Where elements are put in.
    @usableFromInline
    package struct Slot: Sendable {
        @usableFromInline let box: Box

        @inlinable
        init(_ box: Box) { self.box = box }

        /// Returns whether anybody may still read it.
        @inlinable @discardableResult
        package func put(_ element: Element) -> Bool { box.put(element) }

        /// Ends the sequence behind what was put in.
        @inlinable
        package func finish() { box.finish() }
    }

    @usableFromInline
    package struct AsyncIterator: AsyncIteratorProtocol {
        @usableFromInline let reader: Reader

        @inlinable
        init(_ reader: Reader) { self.reader = reader }

        @inlinable
        package mutating func next() async -> Element? { await next(isolation: #isolation) }

        @inlinable
        package mutating func next(isolation actor: isolated (any Actor)?) async -> Element? {
            await reader.next()
        }
    }

    @usableFromInline let reader: Reader

    @inlinable
    init(_ reader: Reader) { self.reader = reader }

    /// An empty one, and where elements are put into it.
    @inlinable
    package static func make() -> (mailbox: Mailbox, slot: Slot) {
        let box = Box()
        return (Mailbox(Reader(box)), Slot(box))
    }

    @inlinable
    package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(reader) }
}
