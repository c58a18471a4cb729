import Foundation
import Sharing
import TestSupport
import Testing
import Transfer

/// What a transfer of any size may hold, and how far the two sides may be apart.
///
/// Each in a process of its own: what other tests hold would count.
@Suite("Memory of transfers", .serialized, .timeLimit(.minutes(2)))
struct MemoryTests {
    /// A sanitizer keeps notes of every byte that is touched.
    private static let isOurs = dlsym(nil, "__tsan_init") == nil && dlsym(nil, "__asan_init") == nil
    private static let size = isOurs ? 1 << 30 : 64 << 20

    /// How far the server may be ahead of the reader, or the source of the server: what the kernel may hold, and a little.
    private static let lead = largest("rmem") + largest("wmem") + (4 << 20)

    /// The most bytes that the kernel buffers for one end of a connection.
    private static func largest(_ buffer: String) -> Int {
        let text = (try? String(contentsOfFile: "/proc/sys/net/ipv4/tcp_" + buffer, encoding: .utf8)) ?? ""
        return text.split(whereSeparator: \.isWhitespace).last.flatMap { Int($0) } ?? 8 << 20
    }

    private static func peak() -> Int64 {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") } ?? ""
        return (line.split { !$0.isNumber }.first.flatMap { Int64($0) } ?? 0) << 10
    }

    private static func forgetPeak() -> Int64 {
        try? Data("5".utf8).write(to: URL(fileURLWithPath: "/proc/self/clear_refs"))
        return peak()
    }

    @Test("an answer of 1 GiB comes as fast as it is read, and is never held")
    func down() async {
        await #expect(processExitsWith: .success) { try await MemoryTests.takeDown() }
    }

    @Test("a body of 1 GiB is pulled as fast as the server takes it, with its size known")
    func up() async {
        await #expect(processExitsWith: .success) { try await MemoryTests.sendUp(isSized: true) }
    }

    @Test("a body of 1 GiB is pulled as fast as the server takes it, with its size unknown")
    func upInChunks() async {
        await #expect(processExitsWith: .success) { try await MemoryTests.sendUp(isSized: false) }
    }

    private static func takeDown() async throws {
        let sent = Guarded(0)
        let server = try ScriptedServer { connection in
            try connection.readHead()
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(Self.size)\r\n\r\n")
            let chunk = [UInt8](repeating: 7, count: 1 << 20)
            for _ in 0..<(Self.size >> 20) {
                try connection.send(chunk)
                sent.withLock { $0 += chunk.count }
            }
        }
        let before = forgetPeak()
        let response = try await makeClient().start(TransferRequest("GET", try TransferURL(server.url())))
        var (count, largest, lead) = (0, 0, 0)
        while let chunk = try await response.next() {
            count += chunk.count
            largest = max(largest, chunk.count)
            lead = max(lead, sent.withLock { $0 } - count)
        }
        #expect(count == Self.size)
        #expect(largest <= 256 << 10)
        #expect(lead < Self.lead)
        if Self.isOurs { #expect(peak() - before < 32 << 20) }
    }

    private static func sendUp(isSized: Bool) async throws {
        let body = EvenBody(Self.size, chunk: 256 << 10)
        let lead = Guarded(0)
        let server = try ScriptedServer { connection in
            try connection.readHead()
            var count = 0
            var tail: [UInt8] = []
            // Chunks have a few bytes of their own around them, and an end.
            while isSized ? count < Self.size : !tail.ends(with: "0\r\n\r\n".utf8) {
                let more = try connection.read(atMost: 1 << 20)
                if more.isEmpty { throw Connection.Gone() }
                tail = Array((tail + more.suffix(5)).suffix(5))
                count += more.count
                let ahead = body.pulled.withLock { $0 } - count
                lead.withLock { $0 = max($0, ahead) }
            }
            try connection.answer("200 OK", "taken")
        }
        let before = forgetPeak()
        let request = TransferRequest(
            "PUT", try TransferURL(server.url()), body: .stream(body, size: isSized ? Int64(Self.size) : nil))
        #expect(try await makeClient().exchange(request).body == "taken")
        #expect(lead.withLock { $0 } < Self.lead)
        if Self.isOurs { #expect(peak() - before < 32 << 20) }
    }
}

extension Array<UInt8> {
    fileprivate func ends(with suffix: String.UTF8View) -> Bool {
        count >= suffix.count && self[(count - suffix.count)...].elementsEqual(suffix)
    }
}
