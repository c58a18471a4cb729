import Storage
import StowageContract
import TestSupport
import Testing

@testable import Pipeline

@Suite("Sources by URL, read from the middle", .timeLimit(.minutes(1)))
struct HTTPSeekingTests {
    private static let tagged = "ETag: \"v1\"\r\nAccept-Ranges: bytes\r\n"
    private static let part = "HTTP/1.1 206 Partial Content\r\n"

    /// A server that shows ten bytes, and answers a request for their rest in that way.
    private func server(_ rest: String, whole: String = tagged) throws -> ScriptedServer {
        try ScriptedServer { connection in
            let head = try connection.readHead()
            if head.contains("\r\nRange: ") {
                try connection.send(rest)
            } else {
                try connection.answer("200 OK", "0123456789", headers: whole)
            }
        }
    }

    private func rest(_ server: ScriptedServer, from offset: Int64 = 4) async throws -> String {
        let locations = try Locations(allowing: "127.0.0.1")
        do {
            let text = try await locations.read(locations.source(server.url("/s3cret")), from: offset)
            await locations.close()
            return text
        } catch {
            await locations.close()
            throw error
        }
    }

    @Test("the rest is asked for by range, of the same representation")
    func range() async throws {
        let server = try server(
            Self.part + Self.tagged + "Content-Range: bytes 4-9/10\r\nContent-Length: 6\r\n\r\n456789")
        #expect(try await rest(server) == "456789")
        let head = try #require(server.heads.value.last)
        #expect(head.contains("\r\nRange: bytes=4-\r\n") && head.contains("\r\nIf-Range: \"v1\"\r\n"))
        #expect(head.contains("\r\nAccept-Encoding: identity\r\n"))
    }

    @Test("a date that is old enough tells representations apart as well")
    func date() async throws {
        let dates = "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
        let whole = dates + "Date: Fri, 20 Nov 2026 09:30:10 GMT\r\nAccept-Ranges: bytes\r\n"
        let server = try server(
            Self.part + dates + "Content-Range: bytes 4-9/10\r\nContent-Length: 6\r\n\r\n456789", whole: whole)
        #expect(try await rest(server) == "456789")
        #expect(try #require(server.heads.value.last).contains("\r\nIf-Range: Sun, 06 Nov 1994 08:49:37 GMT\r\n"))
    }

    @Test(
        "where the server sends the same whole again, what is not wanted is skipped",
        arguments: [
            "HTTP/1.1 200 OK\r\n\(tagged)Content-Length: 10\r\n\r\n0123456789",
            // A part of which nobody knows what it is of.
            "\(part)Content-Range: bytes 4-9/10\r\nContent-Length: 6\r\n\r\nxxxxxx",
        ])
    func whole(answer: String) async throws {
        #expect(try await rest(server(answer)) == "456789")
    }

    @Test("the end needs no request, and the start is a new one")
    func bounds() async throws {
        let server = try server("HTTP/1.1 500 Wrong\r\nContent-Length: 0\r\n\r\n")
        #expect(try await rest(server, from: 10) == "")
        #expect(server.heads.value.count == 1)
        #expect(try await rest(server, from: 0) == "0123456789")
        #expect(server.heads.value.count == 3)
    }

    @Test(
        "a source that has changed, or sends another part, is not gone on with",
        arguments: [
            "HTTP/1.1 200 OK\r\nETag: \"v2\"\r\nAccept-Ranges: bytes\r\nContent-Length: 10\r\n\r\nabcdefghij",
            "HTTP/1.1 200 OK\r\n\(tagged)Content-Length: 9\r\n\r\nabcdefghi",
            "\(part)ETag: \"v2\"\r\nContent-Range: bytes 4-9/10\r\nContent-Length: 6\r\n\r\nefghij",
            "\(part)\(tagged)Content-Range: bytes 3-9/10\r\nContent-Length: 7\r\n\r\n3456789",
            "\(part)\(tagged)Content-Range: bytes 4-8/10\r\nContent-Length: 5\r\n\r\n45678",
            "\(part)\(tagged)Content-Range: bytes 4-9/11\r\nContent-Length: 6\r\n\r\n456789",
            "\(part)\(tagged)Content-Range: bytes 4-9/10\r\nContent-Length: 5\r\n\r\n45678",
            "\(part)\(tagged)Content-Length: 6\r\n\r\n456789",
            "\(part)\(tagged)Content-Type: multipart/byteranges; boundary=x\r\nContent-Length: 3\r\n\r\n--x",
            "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */3\r\nContent-Length: 0\r\n\r\n",
        ])
    func changed(answer: String) async throws {
        let error = try await storageFailure { try await rest(server(answer)) }
        #expect(error.code == .unavailable && error.retry == .transient(after: nil) && error.place == .source)
        #expect(error.context["server"] != nil && !"\(error)".contains("s3cret"))
    }

    @Test("what tells the bytes apart names the URL, their version and their number, and gives none of it away")
    func identity() async throws {
        let locations = try Locations(allowing: "127.0.0.1")
        let version = Watched("")
        let server = try ScriptedServer { connection in
            try connection.readHead()
            try connection.answer("200 OK", "0123456789", headers: version.value)
        }
        func identity(_ path: String, _ whole: String) async throws -> String {
            version.change { $0 = whole }
            let body = try #require(try await locations.source(server.url(path)).open() as? any SeekableBody)
            await body.close()
            return body.identity
        }
        let one = try await identity("/a?s3cret", Self.tagged)
        #expect(!one.contains("s3cret") && one.contains("v1") && one.contains("10"))
        #expect(try await identity("/a?s3cret", Self.tagged) == one)
        #expect(try await identity("/a?other", Self.tagged) != one)
        #expect(try await identity("/a?s3cret", Self.tagged.replacing("v1", with: "v2")) != one)
        await locations.close()
    }
}
