import Glibc
import Sharing

/// A connected stream socket, and the way to end it from any thread.
final class SSHSocket: Sendable {
    let number: Int32
    private let ended = Guarded(false)

    init(_ number: Int32) { self.number = number }

    deinit { Glibc.close(number) }

    /// Whoever waits for the peer is woken, on this descriptor and on its duplicates.
    func end() {
        let isFirst = ended.withLock { ended in
            defer { ended = true }
            return !ended
        }
        if isFirst { shutdown(number, Int32(SHUT_RDWR)) }
    }

    var isEnded: Bool { ended.withLock { $0 } }

    /// Whether nothing has come that nobody has read, not even the end; asked without waiting.
    var isQuiet: Bool {
        var descriptor = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
        return poll(&descriptor, 1, 0) == 0
    }

    /// Another descriptor of the same socket, for a library that closes it itself.
    func duplicate() -> Int32 { fcntl(number, F_DUPFD_CLOEXEC, 3) }
}
