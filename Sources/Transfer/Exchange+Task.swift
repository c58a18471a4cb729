import Sharing

/// What tasks do with an exchange.
extension Exchange {
    enum Taken {
        case chunk([UInt8])
        case end
        case nothingYet
    }

    /// What has come and was not taken yet.
    func take() throws(TransferError) -> Taken {
        let (taken, isLifted) = state.withLock { state -> (Result<Taken, TransferError>, Bool) in
            if !state.received.isEmpty {
                let chunk = state.received
                state.received = []
                let wasPaused = state.isReceivePaused
                state.isReceivePaused = false
                return (.success(.chunk(chunk)), wasPaused)
            }
            guard let end = state.end else { return (.success(.nothingYet), false) }
            return (end.map { .end }, false)
        }
        if isLifted { inbox.put(.resume(id)) }
        return try taken.get()
    }

    /// Waits until `take` has something else to say; cancellation ends the exchange.
    func waitForBytes() async {
        await wait { !$0.received.isEmpty || $0.end != nil }
    }

    /// Waits for the head of the answer, or for the end where none comes.
    ///
    /// An answer of success that comes before the request has gone is kept until then.
    func head() async throws(TransferError) -> TransferHead {
        await wait { state in
            if state.end != nil { return true }
            guard let head = state.head else { return false }
            return head.status >= 300 || state.outgoing.isComplete
        }
        return try state.withLock { state -> Result<TransferHead, TransferError> in
            if let head = state.head, !state.end.isCancelled { return .success(head) }
            guard case .failure(let error) = state.end else { return .failure(.cancelled) }
            return .failure(error)
        }.get()
    }

    /// Ends it without its answer and waits until the loop has let go of it.
    func close() async {
        inbox.put(.cancel(id))
        while state.withLock({ $0.end == nil }) { await suspend(unless: { $0.end != nil }) }
    }

    private func wait(until isReady: @Sendable (State) -> Bool) async {
        await withTaskCancellationHandler {
            while !state.withLock({ isReady($0) }) { await suspend(unless: isReady) }
        } onCancel: {
            inbox.put(.cancel(id))
        }
    }

    /// Until the next `flush` that has news.
    private func suspend(unless isReady: @Sendable (State) -> Bool) async {
        await handedOver { waiter in
            let isReady = state.withLock { state in
                if isReady(state) { return true }
                precondition(state.reader == nil, "an answer has one reader")
                state.reader = waiter
                return false
            }
            if isReady { waiter.resume() }
        }
    }
}

extension Result<Void, TransferError>? {
    fileprivate var isCancelled: Bool {
        if case .failure(let error) = self { error.kind == .cancelled } else { false }
    }
}
