import Observability
import Sharing

extension BlockingPool {
    /// Runs `body`, which changes nothing, on a thread of the pool; a caller that is cancelled waits no longer for it.
    ///
    /// A call that hangs in the kernel cannot be ended: its thread is lost until it returns, and what it returns is
    /// dropped. A call that had not begun takes no thread.
    /// - Throws: what `body` throws, or `cancelled`.
    public func look<Value: Sendable, Failure: Error>(
        orIfCancelled cancelled: Failure, _ body: @escaping @Sendable () throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let answer = FirstAnswer<Result<Value, Failure>>()
        let stage = LookStage()
        let (left, gauge) = (left, gauge)
        let count: @Sendable (Int64) -> Void = { change in
            left.increment(by: change)
            gauge.increment(by: change)
        }
        let result = await withTaskCancellationHandler {
            submit {
                guard stage.begin() else { return }
                let result = Result(catching: body)
                if stage.end() { count(-1) }
                answer.give(result)
            }
            return await answer.value()
        } onCancel: {
            if stage.leave() { count(1) }
            answer.give(.failure(cancelled))
        }
        return try result.get()
    }
}

/// Where one look stands between its thread and its caller.
private final class LookStage: Sendable {
    private enum Stage {
        case waiting, running, left, over
    }

    private let stage = Guarded(Stage.waiting)

    /// Whether anybody waits for it.
    func begin() -> Bool {
        stage.withLock { stage in
            guard stage == .waiting else { return false }
            stage = .running
            return true
        }
    }

    /// Its caller goes; returns whether a thread stays behind.
    func leave() -> Bool {
        stage.withLock { stage in
            let isRunning = stage == .running
            if stage != .over { stage = isRunning ? .left : .over }
            return isRunning
        }
    }

    /// The call has returned; says whether its caller was gone.
    func end() -> Bool {
        stage.withLock { stage in
            let isLeft = stage == .left
            stage = .over
            return isLeft
        }
    }
}
