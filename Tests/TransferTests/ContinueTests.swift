import TestSupport
import Testing
import Transfer

@Suite("Asking before a body is sent", .timeLimit(.minutes(1)))
struct ContinueTests {
    private func put(_ server: ScriptedServer, _ body: TransferRequest.Body = .bytes(Array("abc".utf8))) throws
        -> TransferRequest
    {
        var request = TransferRequest("PUT", try TransferURL(server.url()), body: body)
        request.expectsContinue = true
        return request
    }

    @Test("the body goes when the server says so")
    func told() async throws {
        let server = try ScriptedServer { connection in
            let head = try connection.readHead()
            #expect(head.contains("Expect: 100-continue\r\n"))
            try connection.send("HTTP/1.1 100 Continue\r\n\r\n")
            try connection.answer("200 OK", String(decoding: connection.read(exactly: 3), as: UTF8.self))
        }
        // Had the body not waited for the word, it would wait for an hour.
        let client = try makeClient { $0.continueWait = .seconds(3600) }
        #expect(try await client.exchange(put(server)).body == "abc")
    }

    @Test("the body goes after the wait where the server says nothing")
    func silent() async throws {
        let server = try ScriptedServer { connection in
            try connection.readHead()
            try connection.answer("200 OK", String(decoding: connection.read(exactly: 3), as: UTF8.self))
        }
        let client = try makeClient { $0.continueWait = .milliseconds(50) }
        #expect(try await client.exchange(put(server)).body == "abc")
    }

    @Test("no byte goes where the server refuses")
    func refused() async throws {
        let after = Watched<[UInt8]?>(nil)
        let server = try ScriptedServer { connection in
            try connection.readHead()
            try connection.answer("403 Forbidden", "no")
            let rest = try connection.read()
            after.change { $0 = rest }
        }
        let body = EndlessBody()
        let client = try makeClient { $0.continueWait = .seconds(3600) }
        let answer = try await client.exchange(put(server, .stream(body, size: 5)))
        #expect(answer.head.status == 403)
        #expect(answer.body == "no")
        await client.close()
        #expect(await after.first { $0 != nil } == [])
    }

    @Test("a server that does not know the question gets the body with the next request, at once")
    func unknown() async throws {
        let server = try ScriptedServer { connection in
            try connection.readHead()
            try connection.answer("417 Expectation Failed", "what?")
            try connection.readHead()
            try connection.answer("200 OK", String(decoding: connection.read(exactly: 3), as: UTF8.self))
        }
        let client = try makeClient { $0.continueWait = .seconds(3600) }
        let answer = try await client.exchange(put(server))
        #expect(answer.head.status == 200)
        #expect(answer.body == "abc")
    }

    @Test("a server that does not know the question and closes is no success")
    func unknownClosing() async throws {
        let server = try ScriptedServer { connection in
            try connection.readHead()
            try connection.answer("417 Expectation Failed", "what?", headers: "Connection: close\r\n")
        }
        let answer = try await makeClient { $0.continueWait = .seconds(3600) }.exchange(put(server))
        #expect(answer.head.status == 417)
    }
}
