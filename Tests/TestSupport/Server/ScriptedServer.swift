import Glibc
import ServiceRuntime
import Sharing

/// A server on loopback that does to each connection what its script says, on a thread of its own.
package final class ScriptedServer: Sendable {
    package typealias Script = @Sendable (Connection) throws -> Void

    package let port: Int
    /// Connections made so far.
    package let accepted = Watched(0)
    /// Heads of the requests read by `readHead`.
    package let heads = Watched<[String]>([])
    private let listener: Int32
    private let connections = Connections()

    /// The connection is closed when the script returns or throws (`Gone`: the peer went away).
    package init(_ script: @escaping Script) throws {
        (port, listener) = try Self.listen(attempts: 5)
        let started = SystemThread.start(name: "scripted") { [listener, heads, accepted, connections] in
            var number = 0
            while true {
                var waiting = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
                _ = poll(&waiting, 1, -1)
                // Inherited by a process that a test starts, it would stay open for as long as that runs.
                let descriptor = SpawnedProcess.whileNoneStarts {
                    let descriptor = Glibc.accept(listener, nil, nil)
                    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
                    return descriptor
                }
                guard descriptor >= 0 else { break }
                let connection = Connection(descriptor, number, heads)
                number += 1
                guard connections.add(connection) else { break }
                accepted.change { $0 += 1 }
                _ = SystemThread.start(name: "connection") {
                    try? script(connection)
                    connections.drop(connection)
                }
            }
            close(listener)
        }
        precondition(started != nil)
    }

    deinit { stop() }

    /// Somebody who reserves nothing may take a port that was free.
    private static func listen(attempts: Int) throws -> (port: Int, listener: Int32) {
        let port = Int(try TestPorts.reserve(1))
        do {
            return (port, try Loopback.listen(on: port, backlog: 128))
        } catch {
            if attempts == 1 { throw error }
            return try listen(attempts: attempts - 1)
        }
    }

    package func url(_ path: String = "/object", scheme: String = "http", host: String = "127.0.0.1") -> String {
        "\(scheme)://\(host):\(port)\(path)"
    }

    /// Ends every connection and the server.
    package func stop() {
        if connections.end() { shutdown(listener, Int32(SHUT_RDWR)) }
    }
}

/// The connections that a server has open.
private final class Connections: Sendable {
    private let open = Guarded<[Int: Int32]?>([:])

    /// Closes it instead where the server has ended.
    func add(_ connection: Connection) -> Bool {
        open.withLock { open in
            if open == nil { close(connection.descriptor) }
            open?[connection.number] = connection.descriptor
            return open != nil
        }
    }

    func drop(_ connection: Connection) {
        open.withLock { open in
            open?[connection.number] = nil
            close(connection.descriptor)
        }
    }

    /// Returns whether it was the first time.
    func end() -> Bool {
        open.withLock { open in
            for descriptor in (open ?? [:]).values { shutdown(descriptor, Int32(SHUT_RDWR)) }
            defer { open = nil }
            return open != nil
        }
    }
}
