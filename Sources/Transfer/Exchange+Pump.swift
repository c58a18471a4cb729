import Sharing

/// The task that brings the body of a request.
extension Exchange {
    /// Pulls the body for as long as it is wanted.
    func pump(_ body: any TransferBody) async {
        do {
            while await waitForRoom() {
                let chunk = try await body.next()
                if put(chunk) { inbox.put(.resume(id)) }
                if chunk == nil { return }
            }
        } catch {
            // A source that ends because nobody wants its bytes any more has not failed.
            if !Task.isCancelled { fail(error) }
        }
    }

    /// Returns whether the loop waits for what was put in.
    private func put(_ chunk: [UInt8]?) -> Bool {
        state.withLock { state in
            if let chunk { state.outgoing.append(chunk) } else { state.outgoing.end() }
            if state.outgoing.isTooLong {
                setFailure(TransferError(.requestBody, "the body has more bytes than was said"), &state)
            }
            defer { state.isSendPaused = false }
            return state.isSendPaused
        }
    }

    private func fail(_ error: any Error) {
        state.withLock { state in
            setFailure(TransferError(.requestBody, "the body of the request failed", underlying: error), &state)
        }
        inbox.put(.resume(id))
    }

    private func setFailure(_ error: TransferError, _ state: inout State) {
        if state.bodyFailure == nil { state.bodyFailure = error }
        state.isPumpStopped = true
    }

    /// Returns whether more of the body is wanted.
    private func waitForRoom() async -> Bool {
        await withTaskCancellationHandler {
            await handedOver { waiter in
                let isReady = state.withLock { state in
                    if state.isPumpStopped || state.end != nil || state.outgoing.count < bufferBytes { return true }
                    state.pump = waiter
                    return false
                }
                if isReady { waiter.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.isPumpStopped = true
                return state.pump.take()
            }
            waiter?.resume()
        }
        return state.withLock { $0.end == nil && !$0.isPumpStopped }
    }
}
