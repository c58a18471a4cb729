import CCurl
import Glibc
import ServiceRuntime

/// The library's set of transfers and connections, with what it wants to be woken for.
///
/// Belongs to the loop thread. A class because the library's callbacks know it by its address, until `deinit` takes them
/// out and frees the set.
final class CurlMulti {
    let handle: UnsafeMutableRawPointer
    /// Transfers that something happened to in this turn.
    var touched: [CurlTransfer] = []
    /// The events that the library waits for.
    private var sockets: [Int32: Int16] = [:]
    /// When it wants to be called in any case.
    private var timer: Int64?
    /// That of an FTP transfer on its way to its data: the library does not say all that it then waits for (7.88,
    /// `ftp_domore_getsock` leaves the control connection out, and entering `MSTATE_DOING_MORE` sets nothing to wait for), so
    /// that the set is gone through whenever anything happens.
    var opening: FTPSession?
    /// What connections that are kept call back to by its address.
    var keeper: AnyObject?
    /// TLS sessions that outlive the transfer whose handshake made them; `nil` until somebody wants them.
    private var sessions: UnsafeMutableRawPointer?

    init(connections: Int) throws(TransferError) {
        guard CurlLibrary.status == CURLE_OK, let handle = curl_multi_init() else {
            throw TransferError(.unexpected, "libcurl cannot be set up")
        }
        self.handle = handle
        // Unretained: nothing calls back after `deinit`.
        let this = Unmanaged.passUnretained(self).toOpaque()
        shim_multi_set_socket(handle) { _, socket, what, this, _ in
            CurlMulti.at(this).watch(socket, what)
            return 0
        }
        shim_multi_set_timer(handle) { _, milliseconds, this in
            CurlMulti.at(this).timer = milliseconds < 0 ? nil : EventLoopThread.now + Int64(milliseconds)
            return 0
        }
        shim_multi_set_pointer(handle, CURLMOPT_SOCKETDATA, this)
        shim_multi_set_pointer(handle, CURLMOPT_TIMERDATA, this)
        shim_multi_set_number(handle, CURLMOPT_MAXCONNECTS, connections)
        // A stream that is held back would hold back all others on its connection.
        shim_multi_set_number(handle, CURLMOPT_PIPELINING, Int(CURLPIPE_NOTHING))
    }

    deinit {
        shim_multi_set_socket(handle, nil)
        shim_multi_set_timer(handle, nil)
        curl_multi_cleanup(handle)
        curl_share_cleanup(sessions)
    }

    /// Where one transfer's TLS sessions are found by the next: FTP's data connections resume that of the control connection.
    func sharedSessions() throws(TransferError) -> UnsafeMutableRawPointer {
        if let sessions { return sessions }
        guard let share = curl_share_init(), shim_share_add(share, CURL_LOCK_DATA_SSL_SESSION) == CURLSHE_OK else {
            throw TransferError(.unexpected, "out of memory")
        }
        sessions = share
        return share
    }

    private static func at(_ pointer: UnsafeMutableRawPointer?) -> CurlMulti {
        guard let pointer else { preconditionFailure("a callback without its data") }
        return Unmanaged<CurlMulti>.fromOpaque(pointer).takeUnretainedValue()
    }

    private func watch(_ socket: Int32, _ what: Int32) {
        switch what {
        case CURL_POLL_IN: sockets[socket] = Int16(POLLIN)
        case CURL_POLL_OUT: sockets[socket] = Int16(POLLOUT)
        case CURL_POLL_INOUT: sockets[socket] = Int16(POLLIN | POLLOUT)
        case CURL_POLL_NONE: sockets[socket] = 0
        default: sockets[socket] = nil
        }
    }

    /// Goes on with what is ready or due.
    func act(on ready: [pollfd]) {
        for descriptor in ready where sockets[descriptor.fd] != nil {
            let events = Int32(descriptor.revents)
            var mask: Int32 = 0
            if events & (POLLIN | POLLHUP) != 0 { mask |= CURL_CSELECT_IN }
            if events & POLLOUT != 0 { mask |= CURL_CSELECT_OUT }
            if events & (POLLERR | POLLNVAL) != 0 { mask |= CURL_CSELECT_ERR }
            step(descriptor.fd, mask)
        }
        if let timer, timer <= EventLoopThread.now {
            self.timer = nil
            step(-1, 0)
        }
        if opening != nil { stepAll() }
    }

    private func step(_ socket: Int32, _ mask: Int32) {
        var running: Int32 = 0
        let code = curl_multi_socket_action(handle, socket, mask, &running)
        precondition(code == CURLM_OK, "libcurl's transfers are out of order: \(code.rawValue)")
    }

    private func stepAll() {
        var running: Int32 = 0
        let code = shim_multi_socket_all(handle, &running)
        precondition(code == CURLM_OK, "libcurl's transfers are out of order: \(code.rawValue)")
    }

    /// The next transfer that has ended, with its code.
    func nextEnded() -> (easy: UnsafeMutableRawPointer, code: CURLcode)? {
        var left: Int32 = 0
        while let message = curl_multi_info_read(handle, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
            return (easy, message.pointee.data.result)
        }
        return nil
    }

    func prepare(_ wait: inout EventWait) {
        for (socket, events) in sockets where events != 0 { wait.until(socket, events: events) }
        if let timer { wait.atMost(milliseconds: timer - EventLoopThread.now) }
        guard let opening else { return }
        // Where the library has left something unread, it waits for something else.
        if let control = opening.quietControl { wait.until(control, events: Int16(POLLIN)) }
        wait.atMost(milliseconds: 50)
    }
}
