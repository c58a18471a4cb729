import Glibc
import Sharing
import TestSupport
import Testing
import Transfer

@Suite("Limits of transfers", .timeLimit(.minutes(1)))
struct LimitTests {
    @Test("no connection in time")
    func connect() async throws {
        let port = Int(try TestPorts.reserve(1))
        let listener = try Loopback.listen(on: port, backlog: 0)
        let fillers = (0..<4).map { _ in Loopback.connect(to: port) }
        defer { for descriptor in fillers + [listener] { close(descriptor) } }
        let client = try makeClient { $0.limits.connect = .milliseconds(100) }
        let error = try #require(try await client.failure(ofGetting: "http://127.0.0.1:\(port)/"))
        #expect(error.kind == .timeout)
        #expect(error.isRetryable && !error.mayHaveSent)
    }

    @Test(
        "no progress, before the head and within the body",
        arguments: ["", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"])
    func stall(prefix: String) async throws {
        let server = try ScriptedServer { connection in
            try connection.readHead()
            try connection.send(prefix)
            connection.waitForClose()
        }
        let client = try makeClient { $0.limits.stall = .milliseconds(100) }
        let error = try #require(try await client.failure(ofGetting: server.url()))
        #expect(error.kind == .timeout)
        #expect(error.isRetryable && error.mayHaveSent)
    }

    @Test("longer than allowed in all, although it moves")
    func total() async throws {
        let server = try ScriptedServer { connection in
            try connection.readHead()
            try connection.send("HTTP/1.1 200 OK\r\n\r\n")
            while true { try connection.send("x") }
        }
        let client = try makeClient()
        var request = TransferRequest("GET", try TransferURL(server.url()))
        request.limits = TransferLimits(total: .milliseconds(150))
        // Where the machine is slow the time may be over before the head is there.
        await #expect {
            let response = try await client.start(request)
            while try await response.next() != nil {}
        } throws: {
            ($0 as? TransferError)?.kind == .timeout
        }
    }

    @Test("a reader that takes its time, and a source, are no stall")
    func slowness() async throws {
        let server = try ScriptedServer { connection in
            try connection.readHead()
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(4 << 20)\r\n\r\n")
            try connection.send([UInt8](repeating: 1, count: 4 << 20))
        }
        // Long enough for a slow machine to answer in.
        let client = try makeClient { $0.limits.stall = .seconds(4) }
        let response = try await client.start(TransferRequest("GET", try TransferURL(server.url())))
        // Another transfer stalls meanwhile, and begins later: the clock has gone on for longer than is allowed.
        let silent = try ScriptedServer { $0.waitForClose() }
        #expect(try await client.failure(ofGetting: silent.url())?.kind == .timeout)
        var count = 0
        while let chunk = try await response.next() { count += chunk.count }
        #expect(count == 4 << 20)
    }

    @Test("more requests than connections wait their turn", arguments: [(2, 9), (9, 2)])
    func connections(all: Int, perHost: Int) async throws {
        let (gate, busy) = (Gate(), Watched((now: 0, most: 0)))
        let server = try ScriptedServer { connection in
            while true {
                try connection.readHead()
                busy.change { busy in
                    busy.now += 1
                    busy.most = max(busy.most, busy.now)
                }
                gate.pass()
                busy.change { $0.now -= 1 }
                try connection.answer("200 OK", "x")
            }
        }
        let client = try makeClient { configuration in
            configuration.connections = all
            configuration.connectionsPerHost = perHost
        }
        try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<6 { group.addTask { try await client.get(server.url()).body } }
            await busy.first { $0.now == 2 }
            gate.open()
            for try await body in group { #expect(body == "x") }
        }
        #expect(busy.value.most == 2)
        #expect(server.accepted.value == 2)
    }

    @Test("an address that is refused is never connected to")
    func addresses() async throws {
        let server = try ScriptedServer { $0.waitForClose() }
        let asked = Guarded<[String]>([])
        let client = try makeClient { configuration in
            configuration.allowsAddress = { address, host in
                asked.withLock { $0.append("\(host) \(address)") }
                return false
            }
        }
        let error = try #require(try await client.failure(ofGetting: server.url(host: "0x7f000001")))
        #expect(error.kind == .addressRefused)
        #expect(!error.isRetryable && !error.mayHaveSent)
        #expect(asked.withLock { $0 } == ["127.0.0.1 127.0.0.1:\(server.port)"])
        #expect(server.accepted.value == 0)
        let named = try #require(try await client.failure(ofGetting: server.url(host: "localhost")))
        #expect(named.kind == .addressRefused)
        #expect(asked.withLock { $0.contains("localhost 127.0.0.1:\(server.port)") })
    }
}
