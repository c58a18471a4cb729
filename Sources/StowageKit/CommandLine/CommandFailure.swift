import Messaging
import ServiceRuntime
import StowageContract

/// Why a command could not do its work: one line with what to do next, and the exit code.
struct CommandFailure: Error, CustomStringConvertible {
    var exitCode: ExitCode
    var message: String

    init(_ exitCode: ExitCode, _ message: String) {
        self.exitCode = exitCode
        self.message = message
    }

    /// Of any error that a command throws.
    init(_ error: any Error) {
        switch error {
        case let failure as CommandFailure: self = failure
        case let error as UsageError: self.init(.usage, error.description)
        case let error as TaskClientError: self.init(error)
        case let error as ConfigurationError: self.init(.usage, error.description)
        case let error as TaskProblem: self.init(.usage, error.message)
        case let error as BrokerError: self.init(error)
        case is CancellationError: self.init(.taskFailed, "stopped")
        default: self.init(.taskFailed, String(describing: error))
        }
    }

    init(_ error: TaskClientError) {
        switch error {
        case .unreachable: self.init(.brokerUnreachable, error.description)
        case .setUp: self.init(.usage, error.description)
        case .refused: self.init(.taskFailed, error.description)
        }
    }

    init(_ error: BrokerError) {
        switch error.kind {
        case .disconnected, .closed:
            self.init(.brokerUnreachable, "the broker was lost: \(error.message). Try again when it is back.")
        case .notFound:
            self.init(.usage, "\(error.message). Run 'stowage topology declare' as an administrator.")
        case .accessRefused:
            self.init(
                .usage, "the broker does not allow this: \(error.message). See the users in docs/command-line.md.")
        case .preconditionFailed, .invalidMessage: self.init(.usage, error.message)
        case .refused, .unavailable, .unexpected: self.init(.taskFailed, "\(error.message). Try again later.")
        }
    }

    var description: String { message }
}
