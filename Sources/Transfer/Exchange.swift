import Sharing

/// One request with its answer, where the task that made it and the loop that carries it meet.
///
/// Each side leaves here what the other one waits for. At most one task waits for news of the answer, and at most one
/// for room for the request's body. Both buffers are bounded by `bufferBytes`.
final class Exchange: Sendable {
    typealias ID = Int

    struct State {
        var head: TransferHead?
        var received: [UInt8] = []
        /// The loop holds the answer back until something of `received` was taken.
        var isReceivePaused = false
        /// The one task that waits for the head, for bytes or for the end.
        var reader: Handover<Void>?

        var outgoing = OutgoingBytes()
        /// The loop holds the request back until there is something in `outgoing`.
        var isSendPaused = false
        /// Nobody brings more.
        var isPumpStopped = false
        /// Why the request cannot be completed.
        var bodyFailure: TransferError?
        /// The one task that waits for room in `outgoing`.
        var pump: Handover<Void>?

        var progress = TransferProgress()
        /// How often the request went out.
        var attempts = 0
        var end: Result<Void, TransferError>?
    }

    let id: ID
    let request: TransferRequest
    let bufferBytes: Int
    let inbox: ExchangeInbox
    let state: Guarded<State>

    init(_ id: ID, _ request: TransferRequest, bufferBytes: Int, inbox: ExchangeInbox) {
        self.id = id
        self.request = request
        self.bufferBytes = bufferBytes
        self.inbox = inbox
        var state = State()
        switch request.body {
        case nil: state.outgoing.end()
        case .bytes(let bytes):
            state.outgoing = OutgoingBytes(size: Int64(bytes.count))
            state.outgoing.append(bytes)
            state.outgoing.end()
        case .stream(_, let size):
            state.outgoing = OutgoingBytes(size: size)
            if size == 0 { state.outgoing.end() }
        }
        self.state = Guarded(state)
    }

    var progress: TransferProgress { state.withLock { $0.progress } }

    /// Whether it went out more than once.
    var isRepeat: Bool { state.withLock { $0.attempts > 1 } }

    /// The first end counts.
    func finish(_ result: Result<Void, TransferError>) {
        state.withLock { state in
            guard state.end == nil else { return }
            if case .failure(var error) = result {
                error.place = request.url.description
                state.end = .failure(error)
                // Nobody reads on after that.
                if error.kind == .cancelled { state.received = [] }
            } else {
                state.end = result
            }
            state.outgoing.drop()
        }
    }

    /// Wakes whoever waits for something that is there now.
    ///
    /// Not with the lock held: who wakes a task waits for whoever cancels it, and that one waits for the lock.
    func flush() {
        let (reader, pump) = state.withLock { state -> (Handover<Void>?, Handover<Void>?) in
            let hasNews = state.end != nil || !state.received.isEmpty || state.head != nil
            let hasRoom = state.end != nil || state.outgoing.count < bufferBytes
            return (hasNews ? state.reader.take() : nil, hasRoom ? state.pump.take() : nil)
        }
        reader?.resume()
        pump?.resume()
    }
}
