import Storage
import StowageContract
import Transfer

/// What the answers of servers mean for an archive (RFC 9110, section 15; RFC 4918, section 11).
enum WebDAVErrors {
    /// The error of an answer that is no success, or of which a call can make nothing.
    static func error(_ answer: WebDAVAnswer, _ call: WebDAVCall, now: Timestamp) -> StorageError {
        var status = answer.status
        // Apache says 207 to a PUT into a folder that is locked.
        if status == 207, call.isChange,
            let said = try? Multistatus(parsing: answer.bytes, of: call.target, now: now).worstStatus, said >= 300
        {
            status = said
        }
        return error(status, answer.head, call, now: now)
    }

    static func error(_ head: TransferHead, _ call: WebDAVCall, now: Timestamp) -> StorageError {
        error(head.status, head, call, now: now)
    }

    private static func error(_ status: Int, _ head: TransferHead, _ call: WebDAVCall, now: Timestamp) -> StorageError {
        let (code, isPassing, message) = meaning(status)
        var error = StorageError(code, isPassing ? .transient(after: nil) : .permanent, message)
        if isPassing, let wait = RetryAfter.wait(after: head, now: now.millisecondsSinceEpoch) {
            error.retry = .transient(after: wait)
        }
        // A gateway that gives up knows no more than we do, and 500 may come after the effect.
        error.isAmbiguous = call.isChange && (status >= 500 && status != 501 && status != 507 || (200..<300) ~= status)
        error.context["status"] = String(status)
        return error
    }

    private static func meaning(_ status: Int) -> (ErrorCode, isPassing: Bool, String) {
        switch status {
        case 401, 407: (.unauthenticated, false, "the server does not accept our credentials")
        case 403: (.permissionDenied, false, "the server forbids it")
        case 404, 410: (.notFound, false, "there is no such file")
        case 405, 501: (.unsupported, false, "the server does not do that")
        case 408: (.timedOut, true, "the server waited for us too long")
        case 409: (.unavailable, true, "the server is not in the state for it")
        case 411: (.unsupported, false, "the server takes no bytes without being told how many")
        case 412: (.conflict, false, "something stands there")
        case 413: (.tooLarge, false, "the file is larger than the server takes")
        case 414: (.unsupported, false, "the server takes no name of that length")
        case 423, 424: (.unavailable, true, "somebody else has locked it")
        case 429: (.rateLimited, true, "the server asks for fewer requests")
        case 503: (.unavailable, true, "the server cannot answer now")
        case 504: (.timedOut, true, "the server behind the server did not answer in time")
        case 507: (.outOfSpace, true, "the server has no room left")
        case 300..<400: (.permissionDenied, false, "the server sends us elsewhere")
        case 400..<500: (.unexpected, false, "the server does not understand what it was asked")
        case 500...: (.unavailable, true, "the server failed")
        default: (.unavailable, true, "the server answered with something else than it was asked for")
        }
    }

    /// The error of a request that got no answer, or half of one.
    static func error(_ error: TransferError, _ call: WebDAVCall) -> StorageError {
        if let underlying = error.underlying as? StorageError { return underlying }
        if error.kind == .requestBody { return .sourceSize }
        let (code, message) = error.account(of: "the server", expecting: "WebDAV server")
        var retry = StorageError.Retry.transient(after: nil)
        // A certificate is exchanged, a proxy comes back: only what we ask for wrongly is wrong for ever.
        switch error.kind {
        case .invalidRequest, .requestBody, .addressRefused, .redirectRefused: retry = .permanent
        default: break
        }
        return StorageError(
            code, retry, message, isAmbiguous: call.isChange && error.mayHaveSent,
            context: ["problem": error.kind.rawValue, "detail": error.message.shortened])
    }

    /// The effect may have been that of the request before it, over a connection that then broke.
    static var repeated: StorageError {
        StorageError(
            .unavailable, .transient(after: nil), "a connection broke before the server had answered",
            isAmbiguous: true)
    }
}
