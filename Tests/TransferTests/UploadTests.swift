import Sharing
import TestSupport
import Testing
import Transfer

@Suite("Bodies of requests", .timeLimit(.minutes(1)))
struct UploadTests {
    private func put(_ server: ScriptedServer, _ body: TransferRequest.Body?) throws -> TransferRequest {
        TransferRequest("PUT", try TransferURL(server.url()), headers: [("X-Empty", "")], body: body)
    }

    /// Answers with what it got, by length.
    private func makeSizedServer() throws -> ScriptedServer {
        try ScriptedServer { connection in
            let head = try connection.readHead()
            let size = head.firstMatch(of: /Content-Length: (\d+)/).flatMap { Int($0.1) } ?? -1
            try connection.answer(
                "201 Created", String(decoding: connection.read(exactly: max(0, size)), as: UTF8.self))
        }
    }

    @Test("bytes at hand and streams of a known size go out with their length")
    func sized() async throws {
        let server = try makeSizedServer()
        let client = try makeClient()
        #expect(try await client.exchange(put(server, .bytes(Array("abc".utf8)))).body == "abc")
        let large = try await client.exchange(put(server, .stream(EvenBody(700_000), size: 700_000)))
        #expect(large.body == String(repeating: "e", count: 700_000))
        #expect(try await client.exchange(put(server, .stream(EvenBody(0), size: 0))).body == "")
        #expect(try await client.exchange(put(server, nil)).body == "")
        let heads = server.heads.value
        #expect(heads.allSatisfy { $0.contains("X-Empty:\r\n") && !$0.contains("Expect") })
        #expect(heads.map { $0.contains("Content-Length: 0\r\n") } == [false, false, true, true])
    }

    @Test("a stream of unknown size goes out in chunks")
    func chunked() async throws {
        let server = try ScriptedServer { connection in
            try connection.readHead()
            let body = try connection.readChunked()
            try connection.answer("200 OK", "\(body.count)")
        }
        let answer = try await makeClient().exchange(put(server, .stream(EvenBody(300_001), size: nil)))
        #expect(answer.body == "300001")
        #expect(server.heads.value.first?.contains("Transfer-Encoding: chunked\r\n") == true)
    }

    @Test("a server that refuses early is heard although the source has nothing more to say, which is told to stop")
    func refusedEarly() async throws {
        let gate = Gate()
        let server = try ScriptedServer { connection in
            try connection.readHead()
            try connection.read(exactly: 3)
            gate.pass()
            try connection.answer("403 Forbidden", "no")
            connection.waitForClose()
        }
        let body = EndlessBody(["abc"])
        let request = try put(server, .stream(body, size: 1000))
        async let exchange = makeClient().exchange(request)
        // Nobody has to be told to stop who was not asked for more yet.
        _ = await body.isWaiting.first { $0 }
        gate.open()
        let answer = try await exchange
        #expect(answer.head.status == 403)
        #expect(answer.body == "no")
        #expect(body.wasCancelled.value)
    }

    @Test("a server that says yes before it has everything did not mean all of it")
    func acceptedEarly() async throws {
        let server = try ScriptedServer { connection in
            try connection.readHead()
            try connection.read(exactly: 3)
            try connection.answer("200 OK", "yes", headers: "Connection: close\r\n")
        }
        let error = try #require(
            await makeClient { $0.limits.stall = .milliseconds(300) }.failure(
                of: put(server, .stream(EndlessBody(["abc"]), size: 1000))))
        #expect([.protocol, .peerClosed, .timeout].contains(error.kind))
        #expect(error.mayHaveSent)
    }

    @Test(
        "a source that fails, or has another size than it said, never makes a whole object",
        arguments: ["fails", "short", "long"])
    func broken(source: String) async throws {
        let got = Watched<Int?>(nil)
        let server = try ScriptedServer { connection in
            try connection.readHead()
            var bytes = 0
            while let more = try? connection.read(), !more.isEmpty { bytes += more.count }
            let count = bytes
            got.change { $0 = count }
        }
        let body: any TransferBody =
            switch source {
            case "fails": EndlessBody(["abc"], fails: true)
            case "short": EvenBody(9)
            default: EvenBody(11, chunk: 10)
            }
        let error = try #require(await makeClient().failure(of: put(server, .stream(body, size: 10))))
        #expect(error.kind == .requestBody)
        #expect((error.underlying is EndlessBody.Failure) == (source == "fails"))
        let bytes = await got.first { $0 != nil }
        #expect(bytes.flatMap { $0 }.map { $0 < 10 } == true)
    }

    @Test("a reset within the body may have left its effect")
    func reset() async throws {
        let server = try ScriptedServer { connection in
            try connection.readHead()
            try connection.read(exactly: 1000)
            connection.reset()
        }
        let error = try #require(
            await makeClient().failure(of: put(server, .stream(EvenBody(64 << 20), size: 64 << 20))))
        #expect(error.kind == .peerClosed)
        #expect(error.isRetryable && error.mayHaveSent)
        #expect(server.accepted.value == 1)
    }

    @Test("a kept connection that dies within a body is not tried again in silence")
    func noSilentRetry() async throws {
        let server = try ScriptedServer { connection in
            try connection.readHead()
            try connection.answer()
            try connection.readHead()
            try connection.read(exactly: 3)
            connection.reset()
        }
        let client = try makeClient()
        _ = try await client.get(server.url())
        let error = try #require(await client.failure(of: put(server, .bytes(Array("abcdef".utf8)))))
        #expect(error.kind == .peerClosed && error.mayHaveSent && error.isRetryable)
        #expect(server.heads.value.count == 2)
    }

    @Test("both directions are counted for who observes")
    func observed() async throws {
        let server = try makeSizedServer()
        let seen = Guarded<[TransferProgress]>([])
        var request = try put(server, .stream(EvenBody(300_000), size: 300_000))
        request.observe = { progress in seen.withLock { $0.append(progress) } }
        _ = try await makeClient().exchange(request)
        let last = seen.withLock { $0.last }
        #expect(last == TransferProgress(sent: 300_000, received: 300_000))
        #expect(seen.withLock { $0.count } > 1)
    }
}
