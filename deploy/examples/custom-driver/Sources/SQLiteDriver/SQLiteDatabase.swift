import ServiceRuntime
import Storage
import Synchronization

/// The one connection of a driver, on a thread of its own: SQLite blocks, and has one writer at a time anyhow.
///
/// The threads of `DriverEnvironment.blocking` are for calls that need not wait for each other.
final class SQLiteDatabase: Sendable {
    private let thread = BlockingPool(threads: 1)
    private let connection = Mutex<SQLiteConnection?>(nil)

    static func open(path: String) async throws(StorageError) -> SQLiteDatabase {
        let database = SQLiteDatabase()
        try await database.thread.run { () throws(StorageError) in
            try database.connection.withLock { connection throws(StorageError) in
                connection = try SQLiteConnection(path: path)
            }
        }
        return database
    }

    /// Runs `body` as a transaction that sees one state of the database and changes nothing.
    func reading<Value: Sendable>(
        _ body: @escaping @Sendable (SQLiteConnection) throws(StorageError) -> Value
    ) async throws(StorageError) -> Value {
        try await run("DEFERRED", body)
    }

    /// Runs `body` as a transaction that is alone in writing; it is on the medium when this returns.
    func writing<Value: Sendable>(
        _ body: @escaping @Sendable (SQLiteConnection) throws(StorageError) -> Value
    ) async throws(StorageError) -> Value {
        try await run("IMMEDIATE", body)
    }

    func close() async {
        await thread.run { self.connection.withLock { $0 = nil } }
    }

    private func run<Value: Sendable>(
        _ kind: String, _ body: @escaping @Sendable (SQLiteConnection) throws(StorageError) -> Value
    ) async throws(StorageError) -> Value {
        try await thread.run { () throws(StorageError) in
            try self.connection.withLock { connection throws(StorageError) in
                // A body may outlive the driver.
                guard let connection else {
                    throw StorageError(.unavailable, .transient(after: nil), "the database was closed")
                }
                return try connection.transaction(kind, body)
            }
        }
    }
}
