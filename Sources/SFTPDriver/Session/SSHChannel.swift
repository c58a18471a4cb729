import CLibSSH
import Sharing
import Storage

/// The byte stream to the SFTP server behind a session that has been logged in.
///
/// Nothing of libssh blocks here: whoever waits, waits in `wait`, which knows when the peer has stalled.
struct SSHChannel: ~Copyable {
    private let channel: ssh_channel
    private let event: ssh_event
    private let session: SSHSession
    /// So long nothing may move.
    private let stall: Duration
    private var movedAt = ContinuousClock.now

    /// Opens a channel and asks for SFTP.
    init(_ session: consuming SSHSession, stall: Duration) throws(StorageError) {
        guard let channel = ssh_channel_new(session.handle), let event = ssh_event_new() else {
            throw session.failure("libssh has no memory left")
        }
        guard ssh_channel_open_session(channel) == SSH_OK else {
            ssh_event_free(event)
            throw session.failure("the server opens no channel")
        }
        guard ssh_channel_request_sftp(channel) == SSH_OK else {
            ssh_event_free(event)
            throw SFTPErrors.noSFTP(session.words)
        }
        ssh_set_blocking(session.handle, 0)
        guard ssh_event_add_session(event, session.handle) == SSH_OK else {
            ssh_event_free(event)
            throw session.failure("libssh cannot wait for the session")
        }
        self.channel = channel
        self.event = event
        self.stall = stall
        self.session = session
    }

    deinit {
        ssh_event_remove_session(event, session.handle)
        ssh_event_free(event)
    }

    /// The time that nothing has moved begins now.
    mutating func startWatch() { movedAt = .now }

    /// Whether the connection can still be used, after a look at what has come in meanwhile.
    mutating func isAlive() -> Bool {
        _ = ssh_event_dopoll(event, 0)
        return isConnected
    }

    private var isConnected: Bool {
        ssh_is_connected(session.handle) == 1 && ssh_channel_is_open(channel) != 0 && ssh_channel_is_eof(channel) == 0
    }

    /// Sends all bytes; returns when they lie with the kernel.
    mutating func send(_ bytes: [UInt8]) throws(SFTPFailure) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { memory in
                ssh_channel_write(channel, memory.baseAddress.map { $0 + sent }, UInt32(memory.count - sent))
            }
            guard count >= 0 else { throw lost() }
            sent += Int(count)
            if count > 0 { movedAt = .now }
            if sent < bytes.count { try wait() }
        }
    }

    /// Waits until what was sent lies with the kernel: nobody drives the session between two calls.
    mutating func flush() throws(SFTPFailure) {
        while ssh_get_status(session.handle) & SSH_WRITE_PENDING != 0 { try wait() }
    }

    /// Puts bytes that have come into the memory; returns how many, 0 where there are none, below 0 after the end.
    mutating func receiveNow(into memory: UnsafeMutableRawBufferPointer) -> Int {
        let count = ssh_channel_read_nonblocking(channel, memory.baseAddress, UInt32(memory.count), 0)
        if count > 0 {
            movedAt = .now
            return Int(count)
        }
        if count == 0 || count == SSH_AGAIN { return ssh_channel_is_eof(channel) == 0 ? 0 : -1 }
        return -1
    }

    /// Waits for the next thing to happen.
    mutating func wait() throws(SFTPFailure) {
        guard isConnected else { throw lost() }
        let left = stall - movedAt.duration(to: .now)
        guard left > .zero else { throw .stalled }
        let window = ssh_channel_window_size(channel)
        let code = ssh_event_dopoll(event, Int32(clamping: Int(left / .milliseconds(1)) + 1))
        if code == SSH_ERROR { throw lost() }
        // A server that answers for itself, and whose file server has stalled, has not moved anything.
        if ssh_channel_window_size(channel) > window { movedAt = .now }
    }

    private func lost() -> SFTPFailure { .lost(session.words) }
}
