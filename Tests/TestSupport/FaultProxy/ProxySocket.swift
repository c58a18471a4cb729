import Glibc
import Sharing

/// One end of a proxied connection: blocking calls, for one thread, with a buffer of a fixed size.
final class ProxySocket {
    /// The peer is not there any more.
    struct Gone: Error {}

    let descriptor: Int32
    private var buffer = [UInt8](repeating: 0, count: 262_144)
    private var unread = 0..<0

    /// Somebody else closes the descriptor.
    init(_ descriptor: Int32) {
        self.descriptor = descriptor
        var yes: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, 4)
    }

    /// A head with its empty line; what follows it stays to be read; `nil`: the peer says no more.
    func head() throws -> String? {
        while true {
            let end = buffer[unread].firstRange(of: [13, 10, 13, 10])?.upperBound
            if let end {
                defer { unread = end..<unread.upperBound }
                return String(decoding: buffer[unread.lowerBound..<end], as: UTF8.self)
            }
            guard try fill() else {
                if unread.isEmpty { return nil }
                throw Gone()
            }
        }
    }

    /// Passes the next bytes of a body to `sink`, at most so many; waits for one at least.
    ///
    /// - Throws: `Gone` where the peer says no more before the body is over.
    func take(_ framing: inout BodyFraming, atMost most: Int, _ sink: (UnsafeRawBufferPointer) throws -> Void) throws {
        if unread.isEmpty, try !fill() {
            guard case .untilClose = framing else { throw Gone() }
            framing = .length(0)
            return
        }
        let count = try buffer.withUnsafeBytes { bytes in
            let next = UnsafeRawBufferPointer(rebasing: bytes[unread].prefix(most))
            let count = framing.accept(next)
            try sink(UnsafeRawBufferPointer(rebasing: next[..<count]))
            return count
        }
        unread = (unread.lowerBound + count)..<unread.upperBound
    }

    /// Whether there is something to read, or nothing ever again.
    var hasInput: Bool {
        if !unread.isEmpty { return true }
        var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&waiting, 1, 0) > 0
    }

    /// Waits until one of the two has something to read, or nothing ever again.
    func waitForInput(or other: ProxySocket) {
        if !unread.isEmpty || !other.unread.isEmpty { return }
        var waiting = [descriptor, other.descriptor].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        _ = poll(&waiting, 2, -1)
    }

    func send(_ text: String) throws {
        try Array(text.utf8).withUnsafeBytes { try send($0) }
    }

    func send(_ bytes: UnsafeRawBufferPointer) throws {
        var sent = 0
        while sent < bytes.count {
            let count = Glibc.send(descriptor, bytes.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
            guard count > 0 || errno == EINTR else { throw Gone() }
            sent += max(count, 0)
        }
    }

    /// Sends until the peer answers; returns whether all was sent.
    func sendUnlessAnswered(_ bytes: UnsafeRawBufferPointer) throws -> Bool {
        var sent = 0
        while sent < bytes.count {
            var waiting = pollfd(fd: descriptor, events: Int16(POLLIN | POLLOUT), revents: 0)
            _ = poll(&waiting, 1, -1)
            if waiting.revents & Int16(POLLIN) != 0 { return false }
            let count = Glibc.send(
                descriptor, bytes.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
            guard count > 0 || errno == EAGAIN || errno == EINTR else { throw Gone() }
            sent += max(count, 0)
        }
        return true
    }

    /// Waits until the peer has gone, without reading what it sends, or until the time is over.
    func waitForEnd(atMost limit: Duration? = nil) {
        let clock = ContinuousClock()
        let end = limit.map { clock.now + $0 }
        while true {
            let left = end.map { max(0, Int32((($0 - clock.now) / .milliseconds(1)).rounded(.up))) }
            // 0x2000 is POLLRDHUP, which Glibc does not export: the peer sends no more.
            var waiting = pollfd(fd: descriptor, events: 0x2000, revents: 0)
            let count = poll(&waiting, 1, left ?? -1)
            if count > 0 || left == 0 { return }
        }
    }

    /// Lets the peer read the answer although it may still be sending, which nobody reads.
    func closeGently() {
        shutdown(descriptor, Int32(SHUT_WR))
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        unread = 0..<0
        while let more = try? fill(), more { unread = 0..<0 }
    }

    /// The connection will end with RST.
    func resetOnClose() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
    }

    /// Reads more into the buffer; returns whether there was anything.
    private func fill() throws -> Bool {
        if unread.isEmpty {
            unread = 0..<0
        } else if unread.upperBound == buffer.count {
            guard unread.lowerBound > 0 else { throw Gone() }
            let rest = Array(buffer[unread])
            buffer.replaceSubrange(0..<rest.count, with: rest)
            unread = 0..<rest.count
        }
        let end = unread.upperBound
        while true {
            let count = buffer.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress! + end, $0.count - end, 0) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Gone() }
            unread = unread.lowerBound..<(end + count)
            return count > 0
        }
    }
}
