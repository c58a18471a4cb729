import Foundation
import Glibc
import Synchronization

/// Free ports of the loopback interface for servers that tests start.
///
/// All lie below 32768, where the kernel takes no port for an outgoing connection by itself. A lock file for every ten
/// ports keeps test processes that run at the same time apart; it is held until the process ends.
package enum TestPorts {
    /// No free block was found.
    package struct Exhausted: Error {}

    static let unit = 10
    static let range: ClosedRange<UInt16> = 12_000...31_999
    /// From here on lie long ranges: between many short ones there is soon no room for any.
    private static let firstOfLong = 24_000
    private static let longestShort = 100
    static let folder = FileManager.default.temporaryDirectory.appendingPathComponent("stowage-test-ports").path

    /// The first of `count` ports in a row that belong to this process from now on.
    package static func reserve(_ count: Int) throws -> UInt16 {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let units = (count + unit - 1) / unit
        let end = count > longestShort ? Int(range.upperBound) + 1 : firstOfLong
        let lowest = count > longestShort ? firstOfLong : Int(range.lowerBound)
        for _ in 0..<1000 {
            let first = Int.random(in: lowest...(end - units * unit)) / unit * unit
            guard let locks = lock(first, units) else { continue }
            if isFree(first, count) { return UInt16(first) }
            release(locks)
        }
        throw Exhausted()
    }

    /// All of them, or none: who kept what it got of every range that it tried would soon have all.
    private static func lock(_ first: Int, _ units: Int) -> [Int32]? {
        var locks: [Int32] = []
        for index in 0..<units {
            let file = open("\(folder)/\(first + index * unit)", O_CREAT | O_RDWR | O_CLOEXEC, 0o666)
            if file >= 0 { locks.append(file) }
            guard file >= 0, flock(file, LOCK_EX | LOCK_NB) == 0 else {
                release(locks)
                return nil
            }
        }
        return locks
    }

    private static func release(_ locks: [Int32]) {
        for file in locks { close(file) }
    }

    private static func isFree(_ first: Int, _ count: Int) -> Bool {
        (first..<(first + count)).allSatisfy { port in
            // Inherited by a process that a test starts just then, it would keep the port from the server it is for.
            let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
            defer { close(socket) }
            // Behind the first ten lie ranges for data connections: servers pass over one whose last connection lingers,
            // and after other tests hardly any long range is without.
            var lingers: Int32 = port < first + unit ? 0 : 1
            setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &lingers, socklen_t(MemoryLayout<Int32>.size))
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = in_port_t(port).bigEndian
            address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
            return withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                }
            }
        }
    }
}
