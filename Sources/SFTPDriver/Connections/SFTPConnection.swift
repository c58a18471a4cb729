import ServiceRuntime
import Sharing
import Storage

/// One connection, used by one caller at a time; each turn runs on a thread of the pool.
final class SFTPConnection: Sendable {
    private let link: Guarded<SFTPLink>
    private let socket: SSHSocket
    private let threads: BlockingPool
    private let hasBroken = Guarded(false)
    /// What the server can do.
    let greeting: SFTPGreeting

    private init(_ link: consuming sending SFTPLink, _ socket: SSHSocket, _ threads: BlockingPool) {
        greeting = link.greeting
        self.link = Guarded(link)
        self.socket = socket
        self.threads = threads
    }

    /// Whether nothing more can be asked on it.
    var isBroken: Bool { hasBroken.withLock { $0 } || socket.isEnded }

    /// Nothing more is asked on it.
    func end() { socket.end() }

    /// Connects, checks who the server is, and logs in; a cancelled task ends it soon.
    static func connect(
        _ configuration: SFTPConfiguration, _ login: SSHLogin, hostKeys: String?, by dialer: SSHDialer,
        stall: Duration, names: BlockingPool, threads: BlockingPool
    ) async throws(StorageError) -> SFTPConnection {
        let socket = try await dialer.dial(on: names)
        return try await endedWhenCancelled(socket, threads) { () throws(StorageError) in
            let session = try SSHSession.connect(socket, configuration, hostKeys: hostKeys)
            try session.checkHostKey(configuration)
            try login.logIn(session)
            let channel = try SSHChannel(session, stall: stall)
            var link = SFTPLink(channel)
            do throws(SFTPFailure) {
                try link.greet()
            } catch {
                throw SFTPErrors.error(error, changes: false)
            }
            return SFTPConnection(link, socket, threads)
        }
    }

    /// Runs `body` with the connection to itself; whatever breaks it is remembered.
    ///
    /// `changes`: whether what it asks for may have happened where no answer comes.
    func turn<Value: Sendable>(
        changes: Bool, _ body: @escaping @Sendable (inout SFTPLink) throws(SFTPFailure) -> Value
    ) async throws(StorageError) -> Value {
        try await Self.endedWhenCancelled(socket, threads) { [link = self] () throws(StorageError) in
            try link.run(changes, body)
        }
    }

    /// Whether it looks as if it could be used.
    func isAlive() async -> Bool {
        if isBroken { return false }
        if socket.isQuiet { return true }
        return await threads.run { [self] in
            link.withLock { link in link.isAlive() }
        }
    }

    private func run<Value: Sendable>(
        _ changes: Bool, _ body: (inout SFTPLink) throws(SFTPFailure) -> Value
    ) throws(StorageError) -> Value {
        let result: Result<Value, SFTPFailure> = link.withLock { link in
            link.startWatch()
            do throws(SFTPFailure) {
                return .success(try body(&link))
            } catch {
                return .failure(error)
            }
        }
        do throws(SFTPFailure) {
            return try result.get()
        } catch {
            if error.breaksConnection { hasBroken.withLock { $0 = true } }
            throw SFTPErrors.error(error, changes: changes)
        }
    }

    /// Runs `body` on a thread; the end of the task ends the socket, and with it whatever `body` waits for.
    private static func endedWhenCancelled<Value: Sendable>(
        _ socket: SSHSocket, _ threads: BlockingPool, _ body: @escaping @Sendable () throws(StorageError) -> Value
    ) async throws(StorageError) -> Value {
        let result: Result<Value, StorageError> = await withTaskCancellationHandler {
            await threads.run { Result(catching: body) }
        } onCancel: {
            socket.end()
        }
        do throws(StorageError) {
            return try result.get()
        } catch {
            guard socket.isEnded, Task.isCancelled else { throw error }
            var cancelled = StorageError.cancelled
            cancelled.isAmbiguous = error.isAmbiguous
            throw cancelled
        }
    }
}
