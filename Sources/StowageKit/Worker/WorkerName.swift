import Glibc

/// How a worker is called in events and in the broker's management.
package enum WorkerName {
    /// `<host>-<process id>-<random>`: unique, and the process can be found.
    package static func ofThisProcess() -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        gethostname(&buffer, buffer.count - 1)
        let host = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return "\(host)-\(getpid())-\(String(UInt32.random(in: .min ... .max), radix: 16))"
    }

    /// Ends the process at once: its deliveries return to their queues.
    static func endProcess() {
        _exit(1)
    }
}
