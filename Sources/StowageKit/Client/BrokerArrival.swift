package import Messaging
package import ServiceRuntime

/// Waits, not for ever, for a broker that connects for ever.
package struct BrokerArrival: Sendable {
    /// How long a command waits for the broker.
    package static let patience = Duration.seconds(10)

    private let broker: any MessageBroker
    private let time: TimeSource
    private let patience: Duration

    package init(broker: any MessageBroker, time: TimeSource = .system, patience: Duration = Self.patience) {
        self.broker = broker
        self.time = time
        self.patience = patience
    }

    /// Returns once the broker is connected.
    ///
    /// - Throws: `.unreachable` with the last reason after the patience is used up.
    package func wait() async throws(TaskClientError) {
        enum Sign: Sendable {
            case arrived
            case gone(String)
            case late
        }
        let last = LastReason()
        let sign = await withTaskGroup(of: Sign.self) { [broker, time, patience] group in
            group.addTask {
                for await state in broker.states {
                    switch state {
                    case .connected, .blocked: return .arrived
                    case .disconnected(let reason): await last.set(reason)
                    }
                }
                return .gone("the connection was closed")
            }
            group.addTask {
                try? await time.sleep(patience)
                return .late
            }
            defer { group.cancelAll() }
            return await group.next() ?? .late
        }
        switch sign {
        case .arrived: return
        case .gone(let reason): throw .unreachable("The broker cannot be reached: \(reason).")
        case .late:
            let reason = await last.text
            throw .unreachable(
                "The broker cannot be reached within \(patience.components.seconds) s"
                    + (reason.isEmpty ? "" : ": \(reason)") + ". Check the URL and that the broker runs.")
        }
    }

    private actor LastReason {
        var text = ""
        func set(_ text: String) { self.text = text }
    }
}
