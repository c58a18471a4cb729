import Glibc
import ServiceRuntime
import Storage
import StowageContract

/// Resolves a name and connects to one of its addresses.
struct SSHDialer: Sendable {
    var host: String
    var port: UInt16
    /// For every address together.
    var limit = Duration.seconds(30)
    /// Which addresses, 4 bytes or 16 in network order, may be connected to.
    var allows: @Sendable ([UInt8]) -> Bool = { _ in true }

    /// A connected socket; a caller that is cancelled waits no longer.
    func dial(on pool: BlockingPool) async throws(StorageError) -> SSHSocket {
        try await pool.look(orIfCancelled: .cancelled) { () throws(StorageError) in try connect() }
    }

    private func connect() throws(StorageError) -> SSHSocket {
        let end = ContinuousClock.now + limit
        var last = StorageError(
            .permissionDenied, .permanent, "the host has no address that may be connected to")
        for address in try resolve() {
            let left = ContinuousClock.now.duration(to: end)
            guard left > .zero else { break }
            do throws(StorageError) {
                return try Self.connect(address, within: left)
            } catch {
                last = error
            }
        }
        throw last
    }

    /// The addresses that may be connected to, as the system orders them.
    private func resolve() throws(StorageError) -> [[UInt8]] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_NUMERICSERV
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &list)
        guard code == 0 else {
            throw SFTPErrors.unreachable("the host's name cannot be resolved")
                .with("reason", String(cString: gai_strerror(code)))
        }
        defer { freeaddrinfo(list) }
        var addresses: [[UInt8]] = []
        var entry = list
        while let here = entry {
            let bytes = Array(UnsafeRawBufferPointer(start: here.pointee.ai_addr, count: Int(here.pointee.ai_addrlen)))
            if let raw = Self.raw(here.pointee), allows(raw) { addresses.append(bytes) }
            entry = here.pointee.ai_next
        }
        return addresses
    }

    /// The bytes of the address alone; an address of IPv4 within IPv6 is what it means.
    private static func raw(_ entry: addrinfo) -> [UInt8]? {
        let bytes = UnsafeRawBufferPointer(start: entry.ai_addr, count: Int(entry.ai_addrlen))
        switch entry.ai_family {
        case AF_INET where bytes.count >= 8: return Array(bytes[4..<8])
        case AF_INET6 where bytes.count >= 24:
            let address = Array(bytes[8..<24])
            let isMapped = address[..<10].allSatisfy { $0 == 0 } && address[10] == 0xFF && address[11] == 0xFF
            return isMapped ? Array(address[12...]) : address
        default: return nil
        }
    }

    private static func connect(_ address: [UInt8], within limit: Duration) throws(StorageError) -> SSHSocket {
        let family = Int32(address.withUnsafeBytes { $0.load(as: sa_family_t.self) })
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = socket(family, type, 0)
        guard descriptor >= 0 else { throw failure(errno) }
        let socket = SSHSocket(descriptor)
        var yes: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, 4)
        setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &yes, 4)
        let begun = address.withUnsafeBytes { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) {
                Glibc.connect(descriptor, $0.baseAddress, socklen_t(address.count))
            }
        }
        if begun == 0 { return socket }
        guard errno == EINPROGRESS || errno == EINTR else { throw failure(errno) }
        try wait(for: descriptor, within: limit)
        var code: Int32 = 0
        var size = socklen_t(4)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size)
        guard code == 0 else { throw failure(code) }
        return socket
    }

    private static func wait(for descriptor: Int32, within limit: Duration) throws(StorageError) {
        let end = ContinuousClock.now + limit
        while true {
            let left = max(.zero, ContinuousClock.now.duration(to: end))
            var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            let ready = poll(&waiting, 1, Int32(left / .milliseconds(1)) + 1)
            if ready > 0 { return }
            if ready == 0 { throw SFTPErrors.stalled("the server did not accept a connection in time") }
            if errno != EINTR { throw failure(errno) }
        }
    }

    private static func failure(_ code: Int32) -> StorageError {
        SFTPErrors.unreachable("no connection to the server").with("reason", String(cString: strerror(code)))
    }
}
