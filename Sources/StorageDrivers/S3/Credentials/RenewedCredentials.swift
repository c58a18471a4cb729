import Sharing
import Storage
import StowageContract

/// Keeps what another source lends until it is about to expire; many who ask at once make one request.
///
/// Old ones that are still good are used on while new ones cannot be had.
final class RenewedCredentials: S3CredentialSource {
    /// How long before they expire new ones are asked for.
    static let marginMilliseconds: Int64 = 300_000
    /// How long nobody asks again while there are good ones.
    static let pauseMilliseconds: Int64 = 30_000

    private enum Answer: Sendable {
        case credentials(S3Credentials)
        case failure(StorageError)
        /// Whoever asked went away: somebody else has to.
        case nobody
    }

    private enum Step {
        case use(S3Credentials)
        case ask
        case wait(FirstAnswer<Answer>)
    }

    private struct State {
        var current: S3Credentials?
        var askAgainAt: Timestamp?
        var isAsking = false
        var waiting: [FirstAnswer<Answer>] = []
    }

    private let source: any S3CredentialSource
    private let now: @Sendable () -> Timestamp
    private let state = Guarded(State())

    init(_ source: any S3CredentialSource, now: @escaping @Sendable () -> Timestamp) {
        self.source = source
        self.now = now
    }

    func credentials() async throws(StorageError) -> S3Credentials {
        while true {
            switch step() {
            case .use(let credentials): return credentials
            case .ask: return try await ask()
            case .wait(let answer):
                let given = await withTaskCancellationHandler {
                    await answer.value()
                } onCancel: {
                    answer.give(.failure(.cancelled))
                }
                switch given {
                case .credentials(let credentials): return credentials
                case .failure(let error): throw error
                case .nobody: continue
                }
            }
        }
    }

    func renew(after refused: S3Credentials) async {
        await source.renew(after: refused)
        state.withLock { state in
            guard state.current == refused else { return }
            state.current = nil
        }
    }

    /// How many wait for what somebody else asks for.
    var waitingCount: Int { state.withLock { $0.waiting.count } }

    private func step() -> Step {
        let time = now()
        return state.withLock { state in
            if let current = state.current {
                let isPausing = state.askAgainAt.map { time < $0 } ?? false
                if isPausing || !current.expires(before: time.adding(milliseconds: Self.marginMilliseconds)) {
                    return .use(current)
                }
                if state.isAsking, !current.expires(before: time) { return .use(current) }
            }
            if state.isAsking {
                let answer = FirstAnswer<Answer>()
                state.waiting.append(answer)
                return .wait(answer)
            }
            state.isAsking = true
            return .ask
        }
    }

    private func ask() async throws(StorageError) -> S3Credentials {
        let result: Result<S3Credentials, StorageError>
        do throws(StorageError) {
            result = .success(try await source.credentials())
        } catch {
            result = .failure(error)
        }
        let (answer, waiting) = settle(result)
        for other in waiting { other.give(answer) }
        switch answer {
        case .credentials(let credentials): return credentials
        case .failure(let error): throw error
        case .nobody: throw .cancelled
        }
    }

    private func settle(_ result: Result<S3Credentials, StorageError>) -> (Answer, [FirstAnswer<Answer>]) {
        let time = now()
        return state.withLock { state in
            let waiting = state.waiting
            state.waiting = []
            state.isAsking = false
            switch result {
            case .success(let credentials):
                state.current = credentials
                state.askAgainAt = time.adding(milliseconds: Self.pauseMilliseconds)
                return (.credentials(credentials), waiting)
            case .failure(let error) where error.code == .cancelled: return (.nobody, waiting)
            case .failure(let error):
                guard let current = state.current, !current.expires(before: time) else {
                    return (.failure(error), waiting)
                }
                state.askAgainAt = time.adding(milliseconds: Self.pauseMilliseconds)
                return (.credentials(current), waiting)
            }
        }
    }
}

extension S3Credentials {
    /// Whether the store does not accept them any more at `time`, as far as we know.
    fileprivate func expires(before time: Timestamp) -> Bool {
        expiresAt.map { $0 <= time } ?? false
    }
}
