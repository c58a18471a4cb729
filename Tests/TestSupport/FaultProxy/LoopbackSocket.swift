import Glibc
import Sharing

/// Stream sockets of the loopback interface that no other process inherits.
enum LoopbackSocket {
    /// Listens on a port of this process; somebody who reserves nothing may take one that was free.
    static func listen(attempts: Int) throws -> (port: UInt16, descriptor: Int32) {
        let port = try TestPorts.reserve(1)
        let descriptor = make()
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, 4)
        if Loopback.withAddress(Int(port), { bind(descriptor, $0, $1) }) == 0, Glibc.listen(descriptor, 128) == 0 {
            return (port, descriptor)
        }
        let code = errno
        close(descriptor)
        guard attempts > 1 else { throw StartedServer.Failure(description: "no port to listen on: errno \(code)") }
        return try listen(attempts: attempts - 1)
    }

    /// The next connection; `nil`: the listener was shut down.
    static func accept(_ listener: Int32) -> Int32? {
        while true {
            var waiting = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
            _ = poll(&waiting, 1, -1)
            let (descriptor, code) = SpawnedProcess.whileNoneStarts {
                let descriptor = Glibc.accept(listener, nil, nil)
                let code = errno
                _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
                return (descriptor, code)
            }
            if descriptor >= 0 { return descriptor }
            guard code == EINTR || code == ECONNABORTED else { return nil }
        }
    }

    /// `nil`: nobody listens there.
    static func connect(to port: UInt16) -> Int32? {
        let descriptor = make()
        if Loopback.withAddress(Int(port), { Glibc.connect(descriptor, $0, $1) }) == 0 { return descriptor }
        close(descriptor)
        return nil
    }

    private static func make() -> Int32 {
        socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    }
}

/// The sockets that a proxy has open.
final class OpenSockets: Sendable {
    private let open = Guarded<Set<Int32>?>([])

    /// Closes it instead, and returns `false`, where all has ended.
    func add(_ descriptor: Int32) -> Bool {
        open.withLock { open in
            if open == nil { Glibc.close(descriptor) }
            return open?.insert(descriptor).inserted ?? false
        }
    }

    func close(_ descriptor: Int32) {
        open.withLock { open in
            open?.remove(descriptor)
            Glibc.close(descriptor)
        }
    }

    /// Ends all of them, and those to come; returns whether it was the first time.
    func end() -> Bool {
        open.withLock { open in
            for descriptor in open ?? [] { shutdown(descriptor, Int32(SHUT_RDWR)) }
            defer { open = nil }
            return open != nil
        }
    }
}
