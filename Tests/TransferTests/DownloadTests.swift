import ServiceRuntime
import TestSupport
import Testing
import Transfer

@Suite("Answers", .timeLimit(.minutes(1)))
struct DownloadTests {
    @Test("a head comes with all its fields, a body with all its bytes")
    func whole() async throws {
        let server = try ScriptedServer { connection in
            try connection.readHead()
            try connection.answer("200 Very well", "hello", headers: "X-Two: a\r\nx-two:  b \r\nEmpty:\r\n")
        }
        let answer = try await makeClient().get(server.url("/a%2Fb/../c?d=e%20f"))
        #expect(answer.head.status == 200)
        #expect(answer.head.httpVersion == "1.1")
        #expect(answer.head.headers.values(of: "X-TWO") == ["a", "b"])
        #expect(answer.head.headers["empty"] == "")
        #expect(answer.body == "hello")
        // Nothing is added that nobody asked for, and the path goes out as it is: signatures cover it.
        #expect(
            server.heads.value == [
                "GET /a%2Fb/../c?d=e%20f HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)\r\nUser-Agent: stowage\r\n"
                    + "Accept: */*\r\n\r\n"
            ])
    }

    @Test("connections are kept: three requests, one connection")
    func reuse() async throws {
        let server = try ScriptedServer { connection in
            while true {
                try connection.readHead()
                try connection.answer("200 OK", "x")
            }
        }
        let client = try makeClient()
        for _ in 0..<3 { #expect(try await client.get(server.url()).body == "x") }
        #expect(server.accepted.value == 1)
    }

    @Test("a chunked body, interim answers before it, trailers behind it")
    func chunked() async throws {
        let server = try ScriptedServer { connection in
            try connection.readHead()
            try connection.send("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n")
            try connection.send("Transfer-Encoding: chunked\r\nTrailer: Digest\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n")
            try connection.send("Digest: z\r\n\r\n")
            connection.waitForClose()
        }
        let answer = try await makeClient().get(server.url())
        #expect(answer.head.status == 200)
        #expect(answer.head.headers["Link"] == nil)
        #expect(answer.body == "abcde")
    }

    @Test("one byte at a time")
    func slowly() async throws {
        let server = try ScriptedServer { connection in
            try connection.readHead()
            for byte in "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n".utf8 { try connection.send([byte]) }
            for _ in 0..<500 { try connection.send("b") }
        }
        let answer = try await makeClient().get(server.url())
        #expect(answer.body == String(repeating: "b", count: 500))
    }

    @Test(
        "HEAD and 204 have no body", arguments: [("HEAD", "200 OK\r\nContent-Length: 7"), ("DELETE", "204 No Content")])
    func bodiless(method: String, status: String) async throws {
        let server = try ScriptedServer { connection in
            while true {
                try connection.readHead()
                try connection.send("HTTP/1.1 \(status)\r\n\r\n")
            }
        }
        let client = try makeClient()
        for _ in 0..<2 {
            let answer = try await client.exchange(TransferRequest(method, try TransferURL(server.url())))
            #expect(answer.body == "")
        }
        #expect(server.accepted.value == 1)
        #expect(server.heads.value.allSatisfy { $0.hasPrefix("\(method) /object HTTP/1.1\r\n") })
    }

    @Test("more bytes than announced: the announced ones count, and the connection is given up")
    func tooLong() async throws {
        let server = try ScriptedServer { connection in
            try connection.readHead()
            try connection.send(
                "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcdefHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            connection.waitForClose()
        }
        let client = try makeClient()
        for _ in 0..<2 { #expect(try await client.get(server.url()).body == "abc") }
        #expect(server.accepted.value == 2)
    }

    @Test("a body that nobody knows the length of ends with the connection")
    func untilClose() async throws {
        let server = try ScriptedServer { connection in
            try connection.readHead()
            try connection.send("HTTP/1.1 200 OK\r\n\r\nabc")
        }
        #expect(try await makeClient().get(server.url()).body == "abc")
    }

    @Test("a small body is not taken for more than was expected")
    func bounded() async throws {
        let server = try ScriptedServer { connection in
            try connection.readHead()
            try connection.answer("500 Oh", String(repeating: "x", count: 100_000))
            connection.waitForClose()
        }
        let response = try await makeClient().start(TransferRequest("GET", try TransferURL(server.url())))
        await #expect { try await response.bytes(atMost: 1000) } throws: { ($0 as? TransferError)?.kind == .tooLarge }
    }

    @Test("credentials go out as Basic, and neither they nor the query into an error")
    func credentials() async throws {
        let server = try ScriptedServer { connection in
            try connection.readHead()
            connection.reset()
        }
        var request = TransferRequest("GET", try TransferURL(server.url("/p?token=hidden")))
        request.credentials = .init(user: "user", password: .init("pass"))
        let error = try #require(await makeClient().failure(of: request))
        #expect(server.heads.value.first?.contains("Authorization: Basic dXNlcjpwYXNz\r\n") == true)
        #expect("\(error)".contains("http://127.0.0.1:\(server.port)/p)"))
        for secret in ["hidden", "pass", "dXNl"] { #expect(!"\(error)".contains(secret)) }
    }
}
