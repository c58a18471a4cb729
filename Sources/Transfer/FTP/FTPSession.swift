import Glibc
import ServiceRuntime
import Sharing

/// The sockets of one lane: its control connection, and the data connection beside it.
///
/// Libcurl opens them through us and closes most of them through us; those whose connection never came about it closes without
/// a word (7.88, `cf_socket_close`), and their numbers are soon another's. So each is known here by a descriptor of our own.
/// All is called on the loop's thread but `abort`, which may come from any.
final class FTPSession: Sendable {
    private struct Socket {
        /// Libcurl's number for it.
        var number: Int32
        /// Ours for the same.
        var own: Int32
        var inode: UInt64
        /// Where a control connection goes; `nil`: data.
        var control: [UInt8]?

        /// Whether libcurl still has it.
        var isOpen: Bool { FTPSession.inode(number) == inode }
    }

    private struct State {
        var sockets: [Socket] = []
        var usedAt = Int64.min

        /// Gives back those that libcurl has closed silently.
        mutating func prune() {
            for socket in sockets where !socket.isOpen { Glibc.close(socket.own) }
            sockets.removeAll { !$0.isOpen }
        }

        /// The last one: there is one at a time, but for attempts to connect that have lost.
        var control: Socket? { sockets.last { $0.control != nil } }

        /// Ends all: libcurl says goodbye to a connection that it lets go of, and would wait for the answer.
        mutating func forget() {
            for socket in sockets {
                shutdown(socket.own, Int32(SHUT_RDWR))
                Glibc.close(socket.own)
            }
            sockets = []
        }
    }

    private let state = Guarded(State())

    /// A kept connection that was idle for longer is given up: servers end them, and firewalls forget them silently.
    private static let idleMilliseconds: Int64 = 100_000

    /// `POLLRDHUP`, which Glibc shows to nobody who has not asked for GNU's names.
    private static let peerEnded: Int32 = 0x2000

    deinit {
        state.withLock { state in for socket in state.sockets { Glibc.close(socket.own) } }
    }

    /// Whether the next transfer needs a new connection, because there is none, or none that is worth a try.
    func needsConnection() -> Bool {
        let isUsable = state.withLock { state in
            state.prune()
            // Nobody has asked anything: what can be read is an end, or the 421 before it.
            let isUsable =
                state.control != nil && !Self.hasNews(state)
                && EventLoopThread.now - state.usedAt < Self.idleMilliseconds
            if !isUsable { state.forget() }
            return isUsable
        }
        return !isUsable
    }

    /// Gives the connection up.
    func drop() {
        state.withLock { $0.forget() }
    }

    func touch() {
        state.withLock { $0.usedAt = EventLoopThread.now }
    }

    /// Data goes only to where the control connection goes, whatever address a server names.
    func allowsData(to address: TransferAddress) -> Bool {
        state.withLock { $0.sockets.contains { $0.control == address.bytes } }
    }

    /// `control`: where it goes, if it is a control connection.
    func opened(_ socket: Int32, control: TransferAddress?) {
        let own = fcntl(socket, F_DUPFD_CLOEXEC, 0)
        guard own >= 0, let inode = Self.inode(own) else { return }
        state.withLock { state in
            state.prune()
            state.sockets.append(Socket(number: socket, own: own, inode: inode, control: control?.bytes))
        }
    }

    /// Takes the socket out and closes it.
    func close(_ socket: Int32) -> Int32 {
        state.withLock { state in
            for known in state.sockets where known.number == socket { Glibc.close(known.own) }
            state.sockets.removeAll { $0.number == socket }
        }
        return Glibc.close(socket)
    }

    /// Whether the server takes no more of an upload: it has said something, or ended the data connection.
    ///
    /// It says why right after that, and libcurl, which would find only the end, is not to be there first: this waits for it,
    /// for as long as a server that lives needs.
    var hasInterrupted: Bool {
        let (control, data) = state.withLock { state in
            (state.control?.own, state.sockets.last { $0.control == nil }?.own)
        }
        guard let control else { return false }
        if Self.poll(control, POLLIN, milliseconds: 0) != 0 { return true }
        guard let data, Self.poll(data, Self.peerEnded, milliseconds: 0) != 0 else { return false }
        _ = Self.poll(control, POLLIN, milliseconds: 2000)
        return true
    }

    /// Our descriptor of the control connection, as long as there is nothing to read on it.
    var quietControl: Int32? {
        state.withLock { Self.hasNews($0) ? nil : $0.control?.own }
    }

    /// Ends whatever waits for the server at this moment: libcurl reads the last answer of a transfer without turning back.
    func abort() {
        state.withLock { state in for socket in state.sockets { shutdown(socket.own, Int32(SHUT_RDWR)) } }
    }

    private static func hasNews(_ state: State) -> Bool {
        state.control.map { poll($0.own, POLLIN, milliseconds: 0) != 0 } ?? false
    }

    private static func poll(_ socket: Int32, _ events: Int32, milliseconds: Int32) -> Int32 {
        var descriptor = pollfd(fd: socket, events: Int16(events), revents: 0)
        return Glibc.poll(&descriptor, 1, milliseconds) > 0 ? Int32(descriptor.revents) : 0
    }

    private static func inode(_ socket: Int32) -> UInt64? {
        var status = stat()
        return fstat(socket, &status) == 0 ? UInt64(status.st_ino) : nil
    }
}
