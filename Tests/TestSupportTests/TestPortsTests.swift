import Glibc
@testable import TestSupport
import Testing

@Suite("Ports of tests")
struct TestPortsTests {
    @Test("ranges that were tried in vain stay free for others")
    func release() throws {
        // Makes the folder of the locks.
        _ = try TestPorts.reserve(1)
        // The first of every sixty belongs to somebody else: there is no range of a thousand.
        let foreign = stride(from: Int(TestPorts.range.lowerBound), to: 32_000, by: 600).map { port in
            open("\(TestPorts.folder)/\(port)", O_CREAT | O_RDWR | O_CLOEXEC, 0o666)
        }
        for file in foreign { flock(file, LOCK_EX | LOCK_NB) }
        #expect(throws: TestPorts.Exhausted.self) { try TestPorts.reserve(1000) }
        for file in foreign { close(file) }
        _ = try TestPorts.reserve(1000)
    }

    /// In a process of its own: what is reserved stays so until its end.
    @Test("between many short ranges there is room for a long one")
    func longRange() async {
        await #expect(processExitsWith: .success) {
            for _ in 0..<500 { _ = try TestPorts.reserve(1) }
            _ = try TestPorts.reserve(510)
        }
    }
}
