import Glibc

/// Raw sockets of the loopback interface.
package enum Loopback {
    package struct Failure: Error {
        var code: Int32
    }

    package static func listen(on port: Int, backlog: Int32) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, 4)
        let code = withAddress(port) { bind(descriptor, $0, $1) }
        guard code == 0, Glibc.listen(descriptor, backlog) == 0 else { throw Failure(code: errno) }
        return descriptor
    }

    /// Begins to connect and does not wait.
    package static func connect(to port: Int) -> Int32 {
        let descriptor = socket(
            AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        _ = withAddress(port) { Glibc.connect(descriptor, $0, $1) }
        return descriptor
    }

    static func withAddress<Value>(
        _ port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Value
    ) -> Value {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
