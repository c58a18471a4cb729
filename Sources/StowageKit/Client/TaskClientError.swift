import Messaging

/// Why a client could not send or follow a task.
package enum TaskClientError: Error, Sendable, CustomStringConvertible {
    /// The broker cannot be reached, or was lost on the way. What was sent may still be done.
    case unreachable(String)
    /// Exchanges or queues are missing, or the user may not do this: an administrator must act.
    case setUp(String)
    /// The broker refused the message: its queue is full or unavailable. Later it may take it.
    case refused(String)

    init(_ error: BrokerError, doing what: String) {
        switch error.kind {
        case .disconnected, .closed:
            self = .unreachable("The broker was lost while \(what): \(error.message).")
        case .notFound:
            self = .setUp("\(error.message) (\(what)). Run 'stowage topology declare' as an administrator.")
        case .accessRefused:
            self = .setUp("The broker does not allow \(what): \(error.message).")
        case .preconditionFailed, .invalidMessage:
            self = .setUp("The broker does not take this (\(what)): \(error.message).")
        case .refused, .unavailable, .unexpected:
            self = .refused("The broker refused \(what): \(error.message). Try again later.")
        }
    }

    /// One sentence, with what to do next.
    package var description: String {
        switch self {
        case .unreachable(let text), .setUp(let text), .refused(let text): text
        }
    }
}
