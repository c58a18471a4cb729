import Dispatch
import TestSupport
import Testing
import Transfer

@Suite("Answers that break", .timeLimit(.minutes(1)))
struct BrokenAnswerTests {
    private static let cases: [String: (TransferError.Kind, Bool, ScriptedServer.Script)] = [
        "shorter than announced": (
            .peerClosed, true, { try $0.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc") }
        ),
        "shorter than announced, half closed": (
            .peerClosed, true,
            {
                try $0.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
                $0.closeWriting()
                $0.waitForClose()
            }
        ),
        "reset within the body": (
            .peerClosed, true,
            {
                try $0.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
                $0.reset()
            }
        ),
        "a chunked body without its end": (
            .peerClosed, true, { try $0.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n") }
        ),
        "a chunk of no size": (
            .peerClosed, true,
            {
                try $0.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n")
                $0.waitForClose()
            }
        ),
        "closed before the head": (.peerClosed, true, { _ in }),
        "reset before the head": (.peerClosed, true, { $0.reset() }),
        "closed within the head": (.peerClosed, true, { try $0.send("HTTP/1.1 200 OK\r\nContent-Le") }),
        "another protocol": (
            .protocol, false,
            {
                try $0.send("220 ftp.example.com ready\r\n")
                $0.waitForClose()
            }
        ),
        "a header line without a colon": (
            .protocol, false,
            {
                try $0.send("HTTP/1.1 200 OK\r\nnonsense\r\n\r\n")
                $0.waitForClose()
            }
        ),
        "headers without end": (
            .tooLarge, false, { while true { try $0.send("X-More: \(String(repeating: "m", count: 1000))\r\n") } }
        ),
        "one header without end": (
            .tooLarge, false,
            {
                try $0.send("HTTP/1.1 200 OK\r\nX-More: ")
                while true { try $0.send(String(repeating: "m", count: 1000)) }
            }
        ),
        "interim answers without end": (
            .tooLarge, false, { while true { try $0.send("HTTP/1.1 102 Processing\r\n\r\n") } }
        ),
        "trailers without end": (
            .tooLarge, false,
            {
                try $0.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n")
                while true { try $0.send("X-More: \(String(repeating: "m", count: 1000))\r\n") }
            }
        ),
    ]

    @Test("each has its kind, and says that the request had gone", arguments: cases.keys.sorted())
    func broken(name: String) async throws {
        let (kind, isRetryable, script) = try #require(Self.cases[name])
        let server = try ScriptedServer { connection in
            let head = try connection.readHead()
            if name == "headers without end" { try connection.send("HTTP/1.1 200 OK\r\n") }
            #expect(head.hasPrefix("GET"))
            try script(connection)
        }
        let error = try #require(try await makeClient().failure(ofGetting: server.url()))
        #expect(error.kind == kind)
        #expect(error.isRetryable == isRetryable)
        #expect(error.mayHaveSent)
        #expect(server.accepted.value == 1)
    }

    @Test("bytes that came before the break are given first")
    func bytesFirst() async throws {
        let server = try ScriptedServer { connection in
            try connection.readHead()
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
        }
        let response = try await makeClient().start(TransferRequest("GET", try TransferURL(server.url())))
        var bytes: [UInt8] = []
        await #expect {
            while let chunk = try await response.next() { bytes += chunk }
        } throws: {
            ($0 as? TransferError)?.kind == .peerClosed
        }
        #expect(bytes == Array("abc".utf8))
    }

    @Test("nobody listens: nothing was sent")
    func refused() async throws {
        let port = try TestPorts.reserve(1)
        let error = try #require(try await makeClient().failure(ofGetting: "http://127.0.0.1:\(port)/"))
        #expect(error.kind == .connect)
        #expect(error.isRetryable)
        #expect(!error.mayHaveSent)
    }

    @Test("a name that does not exist")
    func unresolved() async throws {
        let error = try #require(try await makeClient().failure(ofGetting: "http://stowage.invalid/"))
        #expect(error.kind == .resolve)
        #expect(!error.mayHaveSent)
    }

    @Test("a kept connection that the server closed meanwhile is replaced")
    func stale() async throws {
        let server = try ScriptedServer { connection in
            try connection.readHead()
            try connection.answer("200 OK", "\(connection.number)")
            if connection.number > 0 { connection.waitForClose() }
        }
        let client = try makeClient()
        #expect(try await client.get(server.url()).body == "0")
        #expect(try await client.get(server.url()).body == "1")
    }

    @Test("as many kept connections as may be: all of them dead, and the request goes over a new one")
    func allStale() async throws {
        let kept = 20
        let (waiting, all) = (Watched(0), DispatchSemaphore(value: 0))
        let server = try ScriptedServer { connection in
            try connection.readHead()
            if connection.number < kept {
                // Each answers once all are open, and dies by its second request.
                let count = waiting.change { count in
                    count += 1
                    return count
                }
                if count == kept { for _ in 1..<kept { all.signal() } } else { all.wait() }
                try connection.answer("200 OK", "early")
                try connection.readHead()
            } else {
                try connection.answer("200 OK", "late")
                connection.waitForClose()
            }
        }
        let client = try makeClient { ($0.connections, $0.connectionsPerHost) = (kept, kept) }
        let bodies = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<kept { group.addTask { try await client.get(server.url()).body } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(bodies == Array(repeating: "early", count: kept))
        let response = try await client.start(TransferRequest("GET", TransferURL(server.url())))
        #expect(response.isRepeat)
        #expect(String(decoding: try await response.bytes(atMost: 100), as: UTF8.self) == "late")
    }
}
