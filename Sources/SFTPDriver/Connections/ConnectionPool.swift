import ServiceRuntime
import Sharing
import Storage

/// The connections of one driver: opened on demand, kept, at most so many; whoever comes when all are in use waits.
final class ConnectionPool: Sendable {
    /// What one who waits gets.
    private enum Grant: Sendable {
        case connection(SFTPConnection)
        case mayConnect
        case cancelled
        case closed
    }

    private struct State {
        var idle: [SFTPConnection] = []
        /// Open ones and those that are being opened.
        var count = 0
        var connecting = 0
        var waiting: [FirstAnswer<Grant>] = []
        var isClosed = false
    }

    /// OpenSSH drops connections by lot where more than ten are not logged in yet (`MaxStartups`).
    private static let mostConnecting = 4

    private let limit: Int
    private let connect: @Sendable () async throws(StorageError) -> SFTPConnection
    private let state = Guarded(State())

    init(limit: Int, connect: @escaping @Sendable () async throws(StorageError) -> SFTPConnection) {
        self.limit = max(1, limit)
        self.connect = connect
    }

    /// Runs `body` with a connection.
    func with<Value: Sendable>(
        _ body: (SFTPConnection) async throws(StorageError) -> Value
    ) async throws(StorageError) -> Value {
        let connection = try await take()
        do throws(StorageError) {
            let value = try await body(connection)
            give(connection)
            return value
        } catch {
            give(connection)
            throw error
        }
    }

    /// Runs `body` with a connection that did not have to be waited for, beside all others where none is idle.
    func beside<Value: Sendable>(
        _ body: (SFTPConnection) async throws(StorageError) -> Value
    ) async throws(StorageError) -> Value {
        while let idle = state.withLock({ $0.idle.popLast() }) {
            guard await idle.isAlive() else {
                discard()
                continue
            }
            do throws(StorageError) {
                let value = try await body(idle)
                give(idle)
                return value
            } catch {
                give(idle)
                throw error
            }
        }
        return try await body(try await connect())
    }

    /// A connection for one caller, to be given back.
    func take() async throws(StorageError) -> SFTPConnection {
        while true {
            switch await grant() {
            case .connection(let connection):
                // A server may have closed it while nobody looked; nothing has been asked on it, so another will do.
                if await connection.isAlive() { return connection }
                discard()
            case .mayConnect: return try await open()
            case .cancelled: throw .cancelled
            case .closed: throw SFTPErrors.unreachable("the driver has been closed")
            }
            try StorageError.checkCancellation()
        }
    }

    /// Gives a connection back; a broken one is forgotten.
    func give(_ connection: SFTPConnection) {
        guard !connection.isBroken else { return discard() }
        handOut { state in
            guard !state.isClosed else { return }
            state.idle.append(connection)
        }
    }

    /// Ends a connection whose caller has gone without a word.
    func drop(_ connection: SFTPConnection) {
        connection.end()
        discard()
    }

    /// Forgets all connections, and refuses whoever comes.
    func close() {
        let (idle, waiting) = state.withLock { state in
            state.isClosed = true
            let all = (state.idle, state.waiting)
            (state.idle, state.waiting) = ([], [])
            return all
        }
        for waiter in waiting { waiter.give(.closed) }
        _ = idle
    }

    private func open() async throws(StorageError) -> SFTPConnection {
        do throws(StorageError) {
            let connection = try await connect()
            handOut { $0.connecting -= 1 }
            return connection
        } catch {
            handOut { state in
                state.connecting -= 1
                state.count -= 1
            }
            throw error
        }
    }

    private func discard() { handOut { $0.count -= 1 } }

    private func grant() async -> Grant {
        let waiter = FirstAnswer<Grant>()
        handOut { state in
            if state.isClosed {
                waiter.give(.closed)
            } else {
                state.waiting.append(waiter)
            }
        }
        return await withTaskCancellationHandler {
            await waiter.value()
        } onCancel: {
            waiter.give(.cancelled)
        }
    }

    /// Changes the state, and gives those who wait longest what there is now.
    private func handOut(_ change: (inout sending State) -> Void) {
        state.withLock { state in
            change(&state)
            var served = 0
            for waiter in state.waiting {
                // A connection that waited least is the least likely to have been closed by the server.
                if let connection = state.idle.last {
                    if waiter.give(.connection(connection)) { state.idle.removeLast() }
                } else if state.count < limit, state.connecting < Self.mostConnecting {
                    if waiter.give(.mayConnect) {
                        state.count += 1
                        state.connecting += 1
                    }
                } else {
                    break
                }
                served += 1
            }
            state.waiting.removeFirst(served)
        }
    }
}
