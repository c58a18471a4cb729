package import Storage
package import StowageContract
package import Transfer

extension StorageError {
    /// What an answer without success means for a source or a destination.
    ///
    /// `server`: scheme, host and port. `now` is compared with a date in `Retry-After`.
    package init(_ head: TransferHead, at place: ErrorPlace, server: String, now: Timestamp) {
        let context = ["server": server, "status": String(head.status)]
        let later = Retry.transient(after: RetryAfter.wait(after: head, now: now.millisecondsSinceEpoch))
        let (code, retry, message): (ErrorCode, Retry, String) =
            switch head.status {
            case 200..<300: (.unexpected, .permanent, "the server answers with something else than was asked for")
            case 301, 302, 303, 307, 308:
                (.permissionDenied, .permanent, "the server redirects to where it cannot be followed")
            case 401, 407: (.unauthenticated, .permanent, "the server does not accept the credentials, or needs some")
            case 403, 451: (.permissionDenied, .permanent, "the server forbids it")
            case 404, 410: (.notFound, .permanent, "the server has nothing there")
            case 405, 501, 505: (.unsupported, .permanent, "the server cannot do what it was asked for")
            case 408, 504: (.timedOut, later, "the server says that it took too long")
            case 409, 412: (.conflict, .permanent, "the server says that it has something else there")
            case 413: (.tooLarge, .permanent, "the archive is larger than the server takes")
            case 421, 423, 425: (.unavailable, later, "the server cannot do it now")
            case 429: (.rateLimited, later, "the server asks for fewer requests")
            case 507: (.outOfSpace, later, "the server has no room left")
            case 500...: (.unavailable, later, "the server failed")
            default: (.unexpected, .permanent, "the server refuses the request")
            }
        self.init(code, retry, message, at: place, context: context)
    }
}
