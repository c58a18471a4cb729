import Sharing
import Storage

/// The bytes of one file, asked for some way ahead of whoever pulls them.
///
/// It has a connection to itself until the end has been reached, or until it is closed.
final class SFTPBody: ArchiveBody {
    /// Where the reading stands.
    private enum State {
        case open(DownloadWindow, SFTPConnection)
        case over
        case failed(StorageError)
    }

    private static let mostBytes = 1 << 20

    private let pool: ConnectionPool
    private let state: Guarded<State>
    let size: Int64?

    init(_ window: DownloadWindow, size: Int64, _ connection: SFTPConnection, _ pool: ConnectionPool) {
        self.size = size
        self.pool = pool
        state = Guarded(.open(window, connection))
    }

    deinit {
        // Nobody has closed it: what is on its way would be taken for answers to the next caller.
        if case .open(_, let connection) = state.withLock({ $0 }) { pool.drop(connection) }
    }

    func next() async throws(StorageError) -> [UInt8]? {
        let (window, connection): (DownloadWindow, SFTPConnection)
        switch state.withLock({ $0 }) {
        case .open(let open, let own): (window, connection) = (open, own)
        case .over: return nil
        case .failed(let error): throw error
        }
        guard !window.isComplete else {
            await finish(window, connection, .over)
            return nil
        }
        do throws(StorageError) {
            let (bytes, after) = try await connection.turn(changes: false) { link throws(SFTPFailure) in
                var window = window
                do throws(SFTPFailure) {
                    let bytes = try link.read(&window, most: Self.mostBytes)
                    if window.isComplete { try link.end(window) }
                    return (bytes, window)
                } catch {
                    if !error.breaksConnection { try link.end(window) }
                    throw error
                }
            }
            if after.isComplete {
                state.withLock { $0 = .over }
                pool.give(connection)
            } else {
                state.withLock { $0 = .open(after, connection) }
            }
            return bytes
        } catch {
            state.withLock { $0 = .failed(error) }
            pool.give(connection)
            throw error
        }
    }

    func close() async {
        guard case .open(let window, let connection) = state.withLock({ $0 }) else { return }
        await finish(window, connection, .over)
    }

    /// The file is closed, and the connection somebody else's.
    private func finish(_ window: DownloadWindow, _ connection: SFTPConnection, _ after: State) async {
        state.withLock { $0 = after }
        _ = try? await connection.turn(changes: false) { link throws(SFTPFailure) in try link.end(window) }
        pool.give(connection)
    }
}
