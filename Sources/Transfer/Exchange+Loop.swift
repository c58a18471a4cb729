import Sharing

/// What the loop does with an exchange.
extension Exchange {
    /// The request goes out, for the first time or once more.
    func noteAttempt() {
        state.withLock { $0.attempts += 1 }
    }

    func setHead(_ head: TransferHead) {
        state.withLock { $0.head = head }
    }

    /// Keeps bytes of the answer; returns whether there was room for them.
    func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
        state.withLock { state in
            if !state.received.isEmpty, state.received.count + bytes.count > bufferBytes {
                state.isReceivePaused = true
                return false
            }
            if state.received.isEmpty { state.received.reserveCapacity(min(bufferBytes, 4 * bytes.count)) }
            state.received.append(contentsOf: bytes)
            state.progress.received += Int64(bytes.count)
            return true
        }
    }

    /// Gives bytes of the request.
    func give(into target: UnsafeMutableRawBufferPointer) -> OutgoingBytes.Step {
        state.withLock { state in
            let step = state.outgoing.take(into: target)
            switch step {
            case .bytes(let count): state.progress.sent += Int64(count)
            case .wait: state.isSendPaused = true
            case .end, .short: break
            }
            return step
        }
    }

    /// What the task has not lifted yet.
    var pauses: (receive: Bool, send: Bool) {
        state.withLock { ($0.isReceivePaused, $0.isSendPaused && !$0.isPumpStopped) }
    }

    /// Why the request cannot be completed.
    var bodyFailure: TransferError? { state.withLock { $0.bodyFailure } }

    /// Whether every byte of the request was given away.
    var isSent: Bool { state.withLock { $0.outgoing.isComplete } }
}
