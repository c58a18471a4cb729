import StowageContract
import Transfer

extension TransferError {
    /// What a driver says of a request that got no answer, or half of one.
    ///
    /// `peer` is whom it went to ("the server"), `kind` what should have answered there ("WebDAV server").
    func account(of peer: String, expecting kind: String) -> (code: ErrorCode, message: String) {
        switch self.kind {
        case .cancelled: (.cancelled, "the call was cancelled")
        case .timeout: (.timedOut, "\(peer) did not answer in time")
        case .resolve, .connect, .closed, .peerClosed: (.unavailable, "\(peer) cannot be reached")
        case .tls: (.unavailable, "no trusted connection to \(peer) can be made")
        case .addressRefused, .redirectRefused: (.permissionDenied, "\(peer) lies where nothing may go")
        case .protocol, .tooLarge: (.unavailable, "what answers is no \(kind)")
        case .invalidRequest, .requestBody, .unexpected: (.unexpected, "the request could not be sent")
        }
    }
}
