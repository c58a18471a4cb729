import Glibc
import Sharing
import TestSupport
import Testing
import Transfer

@Suite("Cancellation of transfers", .timeLimit(.minutes(1)))
struct CancellationTests {
    /// Cancels a request when `begun` returns; then the only connection of the client must be free for another one.
    private func cancel(
        _ request: TransferRequest, _ client: TransferClient, begun: () async -> Void
    ) async throws -> TransferError? {
        let task = Task { await client.failure(of: request) }
        await begun()
        task.cancel()
        let error = await task.value
        let other = try ScriptedServer { connection in
            try connection.readHead()
            try connection.answer("200 OK", "free")
        }
        #expect(try await client.get(other.url()).body == "free")
        return error
    }

    private func makeNarrowClient() throws -> TransferClient {
        try makeClient { configuration in
            configuration.connections = 1
            configuration.continueWait = .seconds(3600)
        }
    }

    @Test("while the host does not take the connection")
    func connecting() async throws {
        // A queue of one that is full: the kernel drops what else comes.
        let port = Int(try TestPorts.reserve(1))
        let listener = try Loopback.listen(on: port, backlog: 0)
        let fillers = (0..<4).map { _ in Loopback.connect(to: port) }
        defer { for descriptor in fillers + [listener] { close(descriptor) } }
        let tried = Watched(false)
        let client = try makeClient { configuration in
            configuration.connections = 1
            configuration.allowsAddress = { address, _ in
                if address.port == port { tried.change { $0 = true } }
                return true
            }
        }
        let request = TransferRequest("GET", try TransferURL("http://127.0.0.1:\(port)/"))
        let error = try await cancel(request, client) { await tried.first { $0 } }
        #expect(error?.kind == .cancelled)
        #expect(error?.mayHaveSent == false)
    }

    @Test("within the handshake")
    func handshake() async throws {
        let greeted = Watched(false)
        let server = try ScriptedServer { connection in
            _ = try connection.read()
            greeted.change { $0 = true }
            connection.waitForClose()
        }
        let request = TransferRequest("GET", try TransferURL(server.url(scheme: "https")))
        let error = try await cancel(request, makeNarrowClient()) { await greeted.first { $0 } }
        #expect(error?.kind == .cancelled)
        #expect(error?.mayHaveSent == false)
    }

    @Test("while it waits for a connection")
    func queued() async throws {
        let server = try ScriptedServer { connection in
            try connection.readHead()
            try connection.answer("200 OK", "x")
            connection.waitForClose()
        }
        let client = try makeNarrowClient()
        let holding = try ScriptedServer.holding()
        let holder = try await client.start(TransferRequest("GET", try TransferURL(holding.url())))
        let request = TransferRequest("GET", try TransferURL(server.url()))
        let queued = Task { await client.failure(of: request) }
        queued.cancel()
        #expect(await queued.value?.kind == .cancelled)
        #expect(server.accepted.value == 0)
        await holder.close()
        #expect(try await client.get(server.url()).body == "x")
    }

    @Test("while it waits for the head")
    func head() async throws {
        let server = try ScriptedServer { connection in
            try connection.readHead()
            connection.waitForClose()
        }
        let request = TransferRequest("GET", try TransferURL(server.url()))
        let error = try await cancel(request, makeNarrowClient()) { await server.heads.first { !$0.isEmpty } }
        #expect(error?.kind == .cancelled)
        #expect(error?.mayHaveSent == true)
    }

    @Test("within the body of the answer")
    func body() async throws {
        let (received, closed) = (Watched(false), Watched(false))
        let server = try ScriptedServer { connection in
            try connection.readHead()
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
            connection.waitForClose()
            closed.change { $0 = true }
        }
        var request = TransferRequest("GET", try TransferURL(server.url()))
        request.observe = { progress in if progress.received == 3 { received.change { $0 = true } } }
        let error = try await cancel(request, makeNarrowClient()) { await received.first { $0 } }
        #expect(error?.kind == .cancelled)
        await closed.first { $0 }
    }

    @Test("while the source has nothing, which hears of it")
    func source() async throws {
        let server = try ScriptedServer { connection in
            try connection.readHead()
            connection.waitForClose()
        }
        let body = EndlessBody(["abc"])
        let request = TransferRequest("PUT", try TransferURL(server.url()), body: .stream(body, size: 10))
        let error = try await cancel(request, makeNarrowClient()) { await body.isWaiting.first { $0 } }
        #expect(error?.kind == .cancelled)
        #expect(body.wasCancelled.value)
    }

    @Test("while the server takes nothing")
    func stuckServer() async throws {
        let gate = Gate()
        defer { gate.open() }
        let server = try ScriptedServer { connection in
            try connection.readHead()
            gate.pass()
        }
        let body = EvenBody(1 << 30)
        let request = TransferRequest("PUT", try TransferURL(server.url()), body: .stream(body, size: 1 << 30))
        let error = try await cancel(request, makeNarrowClient()) { await server.heads.first { !$0.isEmpty } }
        #expect(error?.kind == .cancelled)
        #expect(body.pulled.withLock { $0 } < 64 << 20)
    }

    @Test("while it waits for the word to go on")
    func continuing() async throws {
        let server = try ScriptedServer { connection in
            try connection.readHead()
            connection.waitForClose()
        }
        var request = TransferRequest("PUT", try TransferURL(server.url()), body: .bytes([1, 2]))
        request.expectsContinue = true
        let error = try await cancel(request, makeNarrowClient()) { await server.heads.first { !$0.isEmpty } }
        #expect(error?.kind == .cancelled)
    }

    @Test("an answer that is let go of frees its connection")
    func dropped() async throws {
        let closed = Watched(false)
        let server = try ScriptedServer { connection in
            try connection.readHead()
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
            connection.waitForClose()
            closed.change { $0 = true }
        }
        let client = try makeNarrowClient()
        _ = try await client.start(TransferRequest("GET", try TransferURL(server.url())))
        await closed.first { $0 }
    }

    @Test("a client that is closed ends what runs and what waits, and takes nothing more")
    func closing() async throws {
        let server = try ScriptedServer.holding()
        let client = try makeNarrowClient()
        let request = TransferRequest("GET", try TransferURL(server.url()))
        let response = try await client.start(request)
        async let waiting = client.failure(of: request)
        await client.close()
        await #expect { try await response.next() } throws: { ($0 as? TransferError)?.kind == .closed }
        #expect(await waiting?.kind == .closed)
        #expect(await client.failure(of: request)?.kind == .closed)
    }
}

extension ScriptedServer {
    /// Sends a head and then nothing, to anybody.
    static func holding() throws -> ScriptedServer {
        try ScriptedServer { connection in
            try connection.readHead()
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")
            connection.waitForClose()
        }
    }
}
