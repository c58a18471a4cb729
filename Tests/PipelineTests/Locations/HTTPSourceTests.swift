import ServiceRuntime
import Storage
import StowageContract
import TestSupport
import Testing

@testable import Pipeline

@Suite("Sources by URL", .timeLimit(.minutes(1)))
struct HTTPSourceTests {
    @Test("the bytes come with their number, the task's headers are sent, and no encoding is asked for")
    func plain() async throws {
        let server = try ScriptedServer { connection in
            try connection.readHead()
            try connection.answer("200 OK", "an archive")
        }
        let locations = try Locations(allowing: "127.0.0.1")
        let source = try locations.source(server.url("/a?b=c"), headers: ["Authorization": "Bearer x", "X-A": "1"])
        let body = try await source.open()
        #expect(body.size == 10 && !(body is any SeekableBody))
        await body.close()
        #expect(try await locations.read(source) == "an archive")
        for head in server.heads.value {
            #expect(head.hasPrefix("GET /a?b=c HTTP/1.1\r\n"))
            for line in ["Authorization: Bearer x", "X-A: 1", "Accept-Encoding: identity"] {
                #expect(head.contains("\r\n\(line)\r\n"))
            }
        }
        await locations.close()
    }

    @Test("a login goes along, and not to where the server redirects")
    func credentials() async throws {
        let other = try ScriptedServer { connection in
            try connection.readHead()
            try connection.answer("200 OK", "elsewhere")
        }
        let server = try ScriptedServer { [url = other.url()] connection in
            try connection.readHead()
            try connection.answer("302 Found", headers: "Location: \(url)\r\n")
        }
        let hosts = HostAllowList([try HostAllowList.Entry.read("127.0.0.1:\(server.port)").get()])
        let login = LocationCredentials(
            hosts: hosts, allowsHTTP: true, user: "u", password: Secret("p"), headers: [("X-Token", Secret("t0ken"))])
        let locations = try Locations(allowing: "127.0.0.1", credentials: ["login": login])
        #expect(try await locations.read(locations.source(server.url(), credentials: "login")) == "elsewhere")
        let (first, second) = (try #require(server.heads.value.first), try #require(other.heads.value.first))
        #expect(first.contains("Authorization: Basic dTpw\r\n") && first.contains("X-Token: t0ken\r\n"))
        #expect(!second.contains("Authorization") && !second.contains("t0ken"))
        #expect(second.contains("Accept-Encoding: identity\r\n"))
        await locations.close()
    }

    @Test("a redirect to where tasks may not go is not followed")
    func redirects() async throws {
        let inside = try ScriptedServer { connection in
            try connection.readHead()
            try connection.answer("200 OK", "inside")
        }
        let server = try ScriptedServer { [port = inside.port] connection in
            let head = try connection.readHead()
            let target =
                head.hasPrefix("GET /loop") ? "/loop" : head.hasPrefix("GET /none") ? "" : "http://127.0.0.1:\(port)/"
            try connection.answer("307 Temporary Redirect", headers: target.isEmpty ? "" : "Location: \(target)\r\n")
        }
        let locations = try Locations(allowing: "127.0.0.1:\(server.port)")
        for path in ["/forbidden?s3cret", "/loop?s3cret", "/none?s3cret"] {
            let error = try await storageFailure { try await locations.read(server.url(path)) }
            #expect(error.code == .permissionDenied && error.retry == .permanent && error.place == .source)
            #expect(!"\(error)".contains("s3cret"))
        }
        #expect(inside.accepted.value == 0)
        await locations.close()
    }

    /// What comes, and what becomes of it.
    private static let answers: [String: (ErrorCode, isTransient: Bool, String)] = [
        "an end before the length": (.unavailable, true, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"),
        "chunks without an end": (
            .unavailable, true, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"
        ),
        "an encoding": (
            .unsupported, false, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"
        ),
        "no length and no chunks": (.unsupported, false, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabc"),
        "a part that nobody asked for": (
            .unexpected, false,
            "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-2/10\r\nContent-Length: 3\r\n\r\nabc"
        ),
        "nothing there": (.notFound, false, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
        "no HTTP": (.unexpected, false, "220 ready\r\n"),
    ]

    @Test("what is not the archive as a whole is no source", arguments: answers.keys.sorted())
    func broken(name: String) async throws {
        let (code, isTransient, answer) = try #require(Self.answers[name])
        let server = try ScriptedServer { connection in
            try connection.readHead()
            try connection.send(answer)
        }
        let locations = try Locations(allowing: "127.0.0.1")
        let error = try await storageFailure { try await locations.read(server.url("/s3cret")) }
        #expect(error.code == code && error.place == .source && !error.isAmbiguous)
        #expect(error.retry == (isTransient ? .transient(after: nil) : .permanent))
        #expect(error.context["server"] == "http://127.0.0.1:\(server.port)" && !"\(error)".contains("s3cret"))
        await locations.close()
    }

    @Test("bytes up to the end of the connection count where the task can prove them")
    func unframed() async throws {
        let server = try ScriptedServer { connection in
            try connection.readHead()
            try connection.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabc")
        }
        let locations = try Locations(allowing: "127.0.0.1")
        #expect(try await locations.read(locations.source(server.url(), isProved: true)) == "abc")
        await locations.close()
    }

    @Test("a server that wants us to wait is heard")
    func retryAfter() async throws {
        let server = try ScriptedServer { connection in
            try connection.readHead()
            try connection.answer("503 Service Unavailable", headers: "Retry-After: 17\r\n")
        }
        let locations = try Locations(allowing: "127.0.0.1")
        let error = try await storageFailure { try await locations.read(server.url()) }
        #expect(error.code == .unavailable && error.retry == .transient(after: .seconds(17)))
        await locations.close()
    }

    @Test("a server that says nothing, or stops in the middle, is given up", arguments: ["", "ab"])
    func stalls(beginning: String) async throws {
        let server = try ScriptedServer { connection in
            try connection.readHead()
            if !beginning.isEmpty { try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n\(beginning)") }
            connection.waitForClose()
        }
        let locations = try Locations(allowing: "127.0.0.1")
        let impatient = try locations.source(server.url(), limit: .milliseconds(200))
        let error = try await storageFailure { try await locations.read(impatient) }
        #expect(error.code == .timedOut && error.retry == .transient(after: nil) && error.place == .source)

        let before = server.heads.value.count
        let source = try locations.source(server.url(), limit: .seconds(600))
        let reading = Task { try await storageFailure { try await locations.read(source) } }
        await server.heads.first { $0.count > before }
        let cancelledAt = ContinuousClock.now
        reading.cancel()
        #expect(try await reading.value.code == .cancelled)
        // Alone it takes milliseconds; nothing else would end it for ten minutes.
        #expect(ContinuousClock.now - cancelledAt < .seconds(20))
        await locations.close()
    }
}
