import Cryptography
import ServiceRuntime
import Sharing
import StowageContract
import Transfer

/// Says who asks, in the way that the server wants.
///
/// The password goes with the first request only within TLS. In the clear it waits for the server's challenge: one that
/// offers Digest never gets to see it.
final class WebDAVAuthenticator: Sendable {
    private struct State {
        var sendsPassword: Bool
        var digest: DigestChallenge?
        /// Requests made with the nonce.
        var count = 0
        var clientNonce = ""
        /// Grows with everything that was learned.
        var generation = 0
    }

    private let user: String
    private let password: Secret?
    private let token: Secret?
    private let state: Guarded<State>

    init(_ configuration: WebDAVConfiguration, isSecure: Bool) {
        user = configuration.user ?? ""
        password = configuration.password
        token = configuration.bearerToken
        state = Guarded(State(sendsPassword: isSecure))
    }

    /// Adds what says who asks; returns what is known of the server by now.
    func authorize(_ request: inout TransferRequest) -> Int {
        if let token {
            request.headers.add("Authorization", "Bearer " + token.exposed)
            return 0
        }
        guard let password else { return 0 }
        let (method, target) = (request.method, request.url.path)
        let (value, generation) = state.withLock { state -> (String?, Int) in
            guard let digest = state.digest else {
                let pair = Array("\(user):\(password.exposed)".utf8)
                return (state.sendsPassword ? "Basic " + Base64.encode(pair) : nil, state.generation)
            }
            state.count += 1
            let value = digest.authorization(
                user: user, password: password.exposed, method: method, target: target, count: state.count,
                clientNonce: state.clientNonce)
            return (value, state.generation)
        }
        if let value { request.headers.add("Authorization", value) }
        return generation
    }

    /// Learns from a refusal of a request that was made with what was known then; returns whether it is worth another
    /// try.
    ///
    /// `isLast`: what was known then came from the refusal before, so that only a nonce that has run out explains this one.
    func learn(_ challenges: [AuthenticationChallenge], after generation: Int, isLast: Bool) -> Bool {
        guard password != nil else { return false }
        return state.withLock { state in
            // Somebody else has learned meanwhile.
            if state.generation != generation { return true }
            if let digest = DigestChallenge.best(of: challenges) {
                if isLast, !digest.isStale { return false }
                state.digest = digest
                state.count = 0
                state.clientNonce = RandomBytes.hexadecimal(16)
            } else if challenges.contains(where: { $0.scheme == "basic" }), !state.sendsPassword || state.digest != nil
            {
                state.sendsPassword = true
                state.digest = nil
            } else {
                return false
            }
            state.generation += 1
            return true
        }
    }
}
