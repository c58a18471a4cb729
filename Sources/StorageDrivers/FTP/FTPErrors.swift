import Storage
import StowageContract
import Transfer

/// What the answers of FTP servers mean for a file (RFC 959, 4.2; RFC 2228; RFC 4217).
///
/// `550` alone says little: the server asks again what stands there, and uses `words` only where that does not tell.
enum FTPErrors {
    /// Commands that change something: without an answer nobody knows whether they have.
    private static let changes: Set<String> = ["STOR", "MKD", "RMD", "DELE", "RNTO"]

    static func error(_ error: FTPError) -> StorageError {
        var mapped: StorageError
        switch error.reason {
        case .refused(let verb, let reply): mapped = refusal(verb, reply)
        case .transfer(let transfer): mapped = failure(transfer)
        }
        if error.unanswered.contains(where: changes.contains) { mapped.isAmbiguous = true }
        return mapped
    }

    /// The error of a command that was answered with no.
    static func refusal(_ verb: String, _ reply: FTPReply) -> StorageError {
        let transient = StorageError.Retry.transient(after: nil)
        let (code, retry, message): (ErrorCode, StorageError.Retry, String) =
            switch reply.code {
            case 421: (.unavailable, transient, "the server closes its connections")
            case 425, 426: (.unavailable, transient, "the data connection failed")
            case 452, 552: (.outOfSpace, transient, "the server has no room left")
            case 450, 451: (.unavailable, transient, "the server cannot do it now")
            case 530 where saysTooMany(reply), 500...599 where verb == "USER" && saysTooMany(reply):
                (.unavailable, transient, "the server takes no more connections")
            case 430, 530, 532: (.unauthenticated, .permanent, "the server does not accept our credentials")
            case 500...599 where ["USER", "PASS", "ACCT"].contains(verb):
                (.unauthenticated, .permanent, "the server does not accept our credentials")
            case 522, 533...537: (.unavailable, .permanent, "the server wants another protection of its connections")
            case 500, 501, 502, 504: (.unsupported, .permanent, "the server cannot do that")
            case 521: (.conflict, .permanent, "something stands there")
            case 550, 553: byWords(reply)
            case 554: (.unavailable, transient, "the server does not go on at that place")
            case 400...499: (.unavailable, transient, "the server cannot do it now")
            default: (.unexpected, transient, "the server answered in a way nobody thought of")
            }
        // Said in the middle, it may come from a server that has done it and then ended.
        let isAmbiguous = [421, 426, 451].contains(reply.code) && changes.contains(verb)
        return StorageError(
            code, retry, message, isAmbiguous: isAmbiguous,
            context: ["command": verb, "status": String(reply.code), "reply": reply.text.shortened])
    }

    private static func byWords(_ reply: FTPReply) -> (ErrorCode, StorageError.Retry, String) {
        switch words(reply) {
        case .missing: (.notFound, .permanent, "there is no such file or folder")
        case .full: (.outOfSpace, .transient(after: nil), "the server has no room left")
        case .badName: (.invalidTask, .permanent, "the server does not take that name")
        case .readOnly: (.readOnly, .permanent, "the server takes no changes")
        case .denied, nil: (.permissionDenied, .permanent, "the server forbids it")
        }
    }

    /// What the text of a refusal tells, for servers that put the system's words into it.
    enum Words: Equatable {
        case missing, denied, full, readOnly, badName
    }

    static func words(_ reply: FTPReply) -> Words? {
        let text = reply.text.lowercased()
        func has(_ words: String...) -> Bool { words.contains { text.contains($0) } }
        if has("permission denied", "access denied", "access is denied", "not allowed", "not permitted", "forbidden") {
            return .denied
        }
        if has("no space left", "quota exceeded", "disk full", "not enough space", "quota") { return .full }
        // ProFTPD takes no folder with an asterisk in its name, Pure-FTPd nothing with a backslash.
        if has(
            "invalid directory name", "invalid file name", "illegal name", "prohibited directory name",
            "prohibited file name")
        {
            return .badName
        }
        if has("read-only file system") { return .readOnly }
        if has("no such", "not found", "not exist", "doesn't exist", "cannot find", "can't find", "not a directory") {
            return .missing
        }
        return nil
    }

    private static func saysTooMany(_ reply: FTPReply) -> Bool {
        let text = reply.text.lowercased()
        return text.contains("too many") || text.contains("maximum number")
    }

    /// The error of something that was not answered.
    private static func failure(_ error: TransferError) -> StorageError {
        if let underlying = error.underlying as? StorageError { return underlying }
        if error.kind == .requestBody { return .sourceSize }
        let (code, message): (ErrorCode, String) =
            switch error.kind {
            case .invalidRequest: (.invalidTask, "the name cannot be sent to an FTP server")
            case .unexpected: (.unexpected, "the file could not be sent")
            default: error.account(of: "the server", expecting: "FTP server")
            }
        var retry = StorageError.Retry.transient(after: nil)
        switch error.kind {
        case .invalidRequest, .addressRefused, .redirectRefused, .cancelled: retry = .permanent
        // A certificate is exchanged, and servers get one: but nothing here does that by waiting.
        case .tls where !error.isRetryable: retry = .permanent
        default: break
        }
        if error.kind == .cancelled { return StorageError.cancelled }
        return StorageError(
            code, retry, message, context: ["problem": error.kind.rawValue, "detail": error.message.shortened])
    }
}
