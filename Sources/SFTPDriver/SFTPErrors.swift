import Storage
import StowageContract

/// What goes wrong with a server, in the words that all drivers share.
enum SFTPErrors {
    static func unreachable(_ message: String) -> StorageError {
        StorageError(.unavailable, .transient(after: nil), message)
    }

    static func stalled(_ message: String) -> StorageError {
        StorageError(.timedOut, .transient(after: nil), message)
    }

    /// Something of the configuration that no waiting repairs.
    static func unusable(_ message: String, key: String) -> StorageError {
        StorageError(.unauthenticated, .permanent, message, context: ["key": key])
    }

    static func noSFTP(_ reason: String) -> StorageError {
        StorageError(
            .unsupported, .permanent, "the server lets the user in, but not to files", context: ["reason": reason])
    }

    static func refused(_ message: String, offered: String) -> StorageError {
        StorageError(.unauthenticated, .permanent, message, context: ["offered": offered])
    }

    static let otherFingerprint = "the server's key is not the one that hostKeyFingerprint names"

    /// The server may be another than the one that is meant.
    static func untrusted(_ message: String, _ shown: ShownHostKey) -> StorageError {
        StorageError(
            .unauthenticated, .permanent, message,
            context: ["shownKeyType": shown.type, "shownFingerprint": shown.fingerprint])
    }

    /// The error of a call; one that `changes` something may have happened where no answer came.
    static func error(_ failure: SFTPFailure, changes: Bool) -> StorageError {
        switch failure {
        case .refused(let status, let call): refusal(status, call)
        case .lost(let words):
            StorageError(
                .unavailable, .transient(after: nil), "the connection to the server broke", isAmbiguous: changes,
                context: words.isEmpty ? [:] : ["reason": words])
        case .stalled:
            StorageError(
                .timedOut, .transient(after: nil), "the server stopped answering", isAmbiguous: changes)
        case .malformed(let call):
            StorageError(
                .unavailable, .transient(after: nil), "the server's answer cannot be understood", isAmbiguous: changes,
                context: ["call": call])
        case .endedEarly:
            StorageError(
                .unavailable, .transient(after: nil), "the file ends before the bytes that the server said it has")
        }
    }

    /// What a status means by itself; what `failure` stands for, the caller finds out by looking.
    static func refusal(_ status: SFTPStatus, _ call: String) -> StorageError {
        let (code, retry, message): (ErrorCode, StorageError.Retry, String) =
            switch status.code {
            case SFTPStatus.noSuchFile, SFTPStatus.noSuchPath:
                (.notFound, .permanent, "the server has no such file or folder")
            case SFTPStatus.permissionDenied: (.permissionDenied, .permanent, "the server's user may not do that")
            case SFTPStatus.writeProtected: (.readOnly, .permanent, "the server's files are write-protected")
            case SFTPStatus.alreadyExists: (.conflict, .permanent, "something stands there already")
            case SFTPStatus.folderNotEmpty: (.conflict, .permanent, "the folder is not empty")
            case SFTPStatus.noSpace: (.outOfSpace, .transient(after: nil), "the server's file system is full")
            case SFTPStatus.quotaExceeded: (.outOfSpace, .transient(after: nil), "the quota is used up")
            case SFTPStatus.unsupported: (.unsupported, .permanent, "the server cannot do that")
            case SFTPStatus.badMessage:
                (.invalidTask, .permanent, "the server does not take a name of that length or form")
            case SFTPStatus.noConnection, SFTPStatus.connectionLost:
                (.unavailable, .transient(after: nil), "the server has lost its connection to the files")
            default: (.unexpected, .transient(after: nil), "the server failed and did not say why")
            }
        var context = ["call": call, "status": "\(status.code)"]
        let words = plain(status.message)
        if !words.isEmpty { context["reason"] = words }
        return StorageError(code, retry, message, context: context)
    }

    /// The server's words, without anything that could steer a terminal or a log, cut short.
    static func plain(_ words: String) -> String {
        let shown = words.unicodeScalars.prefix(200).map { scalar in
            scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) ? " " : Character(scalar)
        }
        return String(shown)
    }
}
