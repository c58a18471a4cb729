import Sharing

/// What the connections of a fault proxy share: what is to go wrong, and what they have seen.
final class ProxyRecord: Sendable {
    struct Rule {
        var matches: @Sendable (ProxiedRequest) -> Bool
        var skipping: Int
        var times: Int
        var fault: Fault
    }

    private struct State {
        var rules: [Rule] = []
        var bytesPerSecond: Int?
        var accepted = 0
    }

    let requests = Watched<[ProxiedRequest]>([])
    private let state = Guarded(State())

    var accepted: Int { state.withLock { $0.accepted } }

    var bytesPerSecond: Int? {
        get { state.withLock { $0.bytesPerSecond } }
        set { state.withLock { $0.bytesPerSecond = newValue } }
    }

    func add(_ rule: Rule) { state.withLock { $0.rules.append(rule) } }

    func forgetRules() { state.withLock { $0.rules = [] } }

    /// Returns the number of a new connection.
    func accept() -> Int {
        state.withLock { state in
            defer { state.accepted += 1 }
            return state.accepted
        }
    }

    /// Records a request; returns it with what is to happen to it.
    ///
    /// `nil`: the head is that of no request.
    func begin(head: String, connection: Int) -> ProxiedRequest? {
        requests.change { requests in
            let number = requests.count
            guard var request = ProxiedRequest(head: head, number: number, connection: connection) else { return nil }
            request.fault = self.due(for: request)
            requests.append(request)
            return request
        }
    }

    func note(_ number: Int, _ change: @Sendable (inout ProxiedRequest) -> Void) {
        requests.change { change(&$0[number]) }
    }

    private func due(for request: ProxiedRequest) -> Fault? {
        state.withLock { state in
            var due: Fault?
            for index in state.rules.indices where state.rules[index].matches(request) {
                if state.rules[index].skipping > 0 {
                    state.rules[index].skipping -= 1
                } else if state.rules[index].times > 0, due == nil {
                    state.rules[index].times -= 1
                    due = state.rules[index].fault
                }
            }
            return due
        }
    }
}
