import CSQLite
import Storage
import StowageContract

/// What SQLite's result codes mean for an archive: what happened, and whether trying again can help.
enum SQLiteErrors {
    /// `isAmbiguous`: whether the effect may have happened all the same.
    static func error(_ status: Int32, isAmbiguous: Bool = false) -> StorageError {
        let (code, retry, message) = meaning(of: status & 0xFF)
        var context = ["sqlite": String(cString: sqlite3_errstr(status)), "status": String(status)]
        // An archive that cannot be read because of this is damaged, not away.
        if [SQLITE_CORRUPT, SQLITE_NOTADB].contains(status & 0xFF) { context["damage"] = message }
        return StorageError(code, retry, message, isAmbiguous: isAmbiguous, context: context)
    }

    private static func meaning(of status: Int32) -> (ErrorCode, StorageError.Retry, String) {
        switch status {
        case SQLITE_FULL: (.outOfSpace, .transient(after: nil), "the disk or the database is full")
        case SQLITE_TOOBIG: (.tooLarge, .permanent, "the database does not take values of that size")
        case SQLITE_READONLY: (.readOnly, .permanent, "the database may not be written to")
        case SQLITE_PERM, SQLITE_AUTH: (.permissionDenied, .permanent, "the worker's user may not do that")
        case SQLITE_CANTOPEN: (.unavailable, .transient(after: nil), "the database's folder is missing or closed to us")
        case SQLITE_BUSY, SQLITE_LOCKED: (.unavailable, .transient(after: nil), "another process holds the database")
        case SQLITE_IOERR: (.unavailable, .transient(after: nil), "the medium reports an error")
        case SQLITE_NOMEM: (.unavailable, .transient(after: nil), "the system has no memory left")
        case SQLITE_CORRUPT, SQLITE_NOTADB: (.unavailable, .transient(after: nil), "the database is damaged")
        case SQLITE_CONSTRAINT: (.unavailable, .transient(after: nil), "what was written has been swept away")
        default: (.unexpected, .transient(after: nil), "the database failed in a way nobody thought of")
        }
    }
}
