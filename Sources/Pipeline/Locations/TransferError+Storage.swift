package import Storage
package import StowageContract
package import Transfer

extension StorageError {
    /// A failed transfer as a failure of a source or a destination.
    ///
    /// Says of the URL nothing but `server`: scheme, host and port. Ambiguous where a destination may have got something.
    package init(_ error: TransferError, at place: ErrorPlace, server: String) {
        let transient = Retry.transient(after: nil)
        let asItSays = error.isRetryable ? transient : .permanent
        var context = ["server": server]
        switch error.kind {
        case .resolve, .connect, .tls: context["detail"] = error.message
        default: break
        }
        switch error.kind {
        case .resolve:
            self.init(.unavailable, transient, "the name of the host cannot be resolved", at: place, context: context)
        case .addressRefused:
            self.init(
                .permissionDenied, .permanent, "the host has no address that sources.allow lets tasks reach", at: place,
                context: context)
        case .connect:
            self.init(.unavailable, transient, "the server cannot be connected to", at: place, context: context)
        case .tls: self.init(.unavailable, asItSays, "no TLS session with the server", at: place, context: context)
        case .timeout: self.init(.timedOut, transient, "the server did not go on in time", at: place, context: context)
        case .peerClosed:
            self.init(.unavailable, transient, "the server ended the connection early", at: place, context: context)
        case .tooLarge:
            self.init(.unexpected, .permanent, "the head of the answer is too large", at: place, context: context)
        case .protocol:
            self.init(.unexpected, asItSays, "the answer is not HTTP as it should be", at: place, context: context)
        case .redirectRefused:
            context["detail"] = error.message
            self.init(
                .permissionDenied, .permanent, "the server redirects to where it cannot be followed", at: place,
                context: context)
        case .invalidRequest: self.init(.invalidTask, .permanent, error.message, at: .task, context: context)
        case .requestBody:
            if let failure = error.underlying as? StorageError {
                self = failure
            } else {
                self.init(
                    .unexpected, transient, "the archive's bytes are not as many as its handle says",
                    context: context)
            }
        case .cancelled: self = StorageError.cancelled.at(place)
        case .closed:
            self.init(.unavailable, transient, "the worker is ending", at: place, context: context)
        case .unexpected:
            self.init(.unexpected, transient, "the transfer failed", at: place, context: context)
        }
        if self.place == .destination { isAmbiguous = error.mayHaveSent }
    }
}
