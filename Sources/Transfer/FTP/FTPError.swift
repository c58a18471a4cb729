/// Why something asked of an FTP server did not succeed.
package struct FTPError: Error, Sendable {
    package enum Reason: Sendable {
        /// The server has said no to that command.
        case refused(verb: String, FTPReply)
        /// No answer, or none that makes sense.
        case transfer(TransferError)
    }

    package var reason: Reason
    /// Commands that were sent and not answered: what they ask for may have happened.
    package var unanswered: [String] = []

    package init(_ reason: Reason, unanswered: [String] = []) {
        self.reason = reason
        self.unanswered = unanswered
    }

    /// The server's own word where it has said one, else what the transfer says.
    init(_ error: TransferError, _ record: FTPRecord) {
        let entries = record.entries
        unanswered = entries.filter { $0.answer == nil && !$0.verb.isEmpty }.map(\.verb)
        reason = .transfer(error)
        switch error.kind {
        // These are ours, or a server that has no TLS and is not to be talked to at all.
        case .cancelled, .closed, .requestBody, .invalidRequest, .tls, .addressRefused, .tooLarge: break
        default:
            if let last = entries.last, let reply = last.replies.last, reply.isFailure {
                reason = .refused(verb: last.verb, reply)
            }
        }
    }
}
