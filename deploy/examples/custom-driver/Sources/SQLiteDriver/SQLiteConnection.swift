import CSQLite
import Storage

/// A value for a question mark of a statement.
enum SQLiteValue: Sendable {
    case integer(Int64)
    case text(String)
    case bytes([UInt8])
}

/// An open database; blocks, and belongs to one thread at a time.
final class SQLiteConnection {
    /// One row of an answer, for as long as it is looked at.
    struct Row {
        fileprivate let statement: OpaquePointer

        func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(statement, column) }

        func text(_ column: Int32) -> String { String(decoding: bytes(column), as: UTF8.self) }

        func bytes(_ column: Int32) -> [UInt8] {
            let start = sqlite3_column_blob(statement, column)
            return [UInt8](UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, column))))
        }
    }

    private let handle: OpaquePointer

    /// Opens the database at `path`, or makes it, with every commit flushed to the medium before it returns.
    init(path: String) throws(StorageError) {
        var opened: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        let status = sqlite3_open_v2(path, &opened, flags, nil)
        guard status == SQLITE_OK, let opened else {
            sqlite3_close_v2(opened)
            throw SQLiteErrors.error(status)
        }
        handle = opened
        // Several workers of one host may share the file.
        sqlite3_busy_timeout(handle, 5000)
        var mode = ""
        try run("PRAGMA journal_mode = WAL") { mode = $0.text(0) }
        guard mode == "wal" else {
            throw StorageError(.unavailable, .permanent, "the file system cannot hold a write-ahead log")
        }
        try run("PRAGMA synchronous = FULL")
        try run("PRAGMA foreign_keys = ON")
    }

    deinit { sqlite3_close_v2(handle) }

    /// How many rows the last statement changed.
    var changes: Int { Int(sqlite3_changes64(handle)) }

    /// The number of the row that was inserted last.
    var lastRow: Int64 { sqlite3_last_insert_rowid(handle) }

    /// Runs one statement to its end and hands on each row.
    func run(
        _ sql: String, _ values: SQLiteValue..., row: (Row) throws(StorageError) -> Void = { _ in }
    ) throws(StorageError) {
        var prepared: OpaquePointer?
        try check(sqlite3_prepare_v2(handle, sql, -1, &prepared, nil))
        guard let statement = prepared else { return }
        defer { sqlite3_finalize(statement) }
        for (index, value) in zip(Int32(1)..., values) {
            switch value {
            case .integer(let number): try check(sqlite3_bind_int64(statement, index, number))
            case .text(let text): try check(shim_bind_text(statement, index, text))
            case .bytes(let bytes): try check(shim_bind_blob(statement, index, bytes, UInt64(bytes.count)))
            }
        }
        while true {
            switch sqlite3_step(statement) {
            case SQLITE_ROW: try row(Row(statement: statement))
            case SQLITE_DONE: return
            // After a commit that failed the archive may stand when the database is opened again.
            case let status: throw SQLiteErrors.error(status, isAmbiguous: sql == "COMMIT" && status != SQLITE_BUSY)
            }
        }
    }

    /// Runs `body` as one transaction: all of it is committed, or nothing.
    func transaction<Value>(
        _ kind: String, _ body: (SQLiteConnection) throws(StorageError) -> Value
    ) throws(StorageError) -> Value {
        try run("BEGIN " + kind)
        do throws(StorageError) {
            let value = try body(self)
            try run("COMMIT")
            return value
        } catch {
            // Some failures have rolled back by themselves.
            if sqlite3_get_autocommit(handle) == 0 { try? run("ROLLBACK") }
            throw error
        }
    }

    private func check(_ status: Int32) throws(StorageError) {
        if status != SQLITE_OK { throw SQLiteErrors.error(status) }
    }
}
