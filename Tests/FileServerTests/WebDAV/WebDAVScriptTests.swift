import DriverConformance
import ServiceRuntime
import Sharing
import Storage
import StowageContract
import TestSupport
import Testing

@testable import StorageDrivers

/// What no server at hand does, scripted.
@Suite("WebDAV servers that are odd", .timeLimit(.minutes(2)))
struct WebDAVScriptTests {
    private static let root = """
        <D:multistatus xmlns:D="DAV:"><D:response><D:href>/</D:href><D:propstat><D:prop><D:resourcetype><D:collection/>\
        </D:resourcetype></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response></D:multistatus>
        """

    /// Answers as a server with an empty root, unless `answer` does.
    private func server(
        _ answer: @escaping @Sendable (_ head: String, Connection) throws -> Bool = { _, _ in false }
    ) throws -> ScriptedServer {
        try ScriptedServer { connection in
            while true {
                let head = try connection.readHead()
                if head.lowercased().contains("expect: 100-continue") {
                    if try answer(head, connection) { continue }
                    try connection.send("HTTP/1.1 100 Continue\r\n\r\n")
                }
                if let length = Self.length(head) { try connection.read(exactly: length) }
                if head.lowercased().contains("transfer-encoding: chunked") { _ = try connection.readChunked() }
                if try answer(head, connection) { continue }
                switch head.prefix(while: { $0 != " " }) {
                case "PROPFIND": try connection.answer("207 Multi-Status", Self.root)
                case "MKCOL": try connection.answer("405 Method Not Allowed")
                default: try connection.answer("201 Created")
                }
            }
        }
    }

    private static func length(_ head: String) -> Int? {
        head.lowercased().split(separator: "\r\n").first { $0.hasPrefix("content-length:") }
            .flatMap { Int($0.split(separator: " ")[1]) }
    }

    private func connect(_ server: ScriptedServer, _ change: (inout WebDAVConfiguration) -> Void = { _ in })
        async throws -> WebDAVServer
    {
        var configuration = WebDAVConfiguration(url: server.url("/"))
        change(&configuration)
        return try await WebDAVServer.connect(configuration, in: try .overDAV(), stall: .seconds(5))
    }

    @Test("a token goes with every request")
    func bearer() async throws {
        let scripted = try server()
        let server = try await connect(scripted) { $0.bearerToken = Secret("t0ken") }
        try await server.probe()
        #expect(scripted.heads.value.allSatisfy { $0.contains("Authorization: Bearer t0ken\r\n") })
        await server.close()
    }

    @Test("who sends us elsewhere is not followed, and nobody learns who we are")
    func redirect() async throws {
        let other = try server()
        let scripted = try server { head, connection in
            try connection.answer("302 Found", headers: "Location: \(other.url("/"))\r\n")
            return true
        }
        let error = await #expect(throws: StorageError.self) {
            _ = try await connect(scripted) { $0.bearerToken = Secret("t0ken") }
        }
        #expect(error?.code == .permissionDenied && other.accepted.value == 0)
    }

    @Test("a server that wants to know the number of bytes says so, and only where nobody knows it")
    func length() async throws {
        let scripted = try server { head, connection in
            guard head.lowercased().contains("transfer-encoding: chunked") else { return false }
            try connection.answer("411 Length Required", headers: "Connection: close\r\n")
            return true
        }
        let server = try await connect(scripted)
        // Little enough to be counted first.
        try await server.upload("a", [1, 2, 3], saysSize: false)
        let bytes = [UInt8](repeating: 1, count: 1 << 20)
        let error = await #expect(throws: StorageError.self) { try await server.upload("a", bytes, saysSize: false) }
        #expect(error?.code == .unsupported && error?.retry == .permanent && error?.isAmbiguous == false)
        try await server.upload("a", bytes)
    }

    @Test("the whole, where a part was asked for, is cut")
    func ranges() async throws {
        let scripted = try server { head, connection in
            guard head.hasPrefix("GET") else { return false }
            try connection.answer("200 OK", "0123456789", headers: "ETag: \"a\"\r\n")
            return true
        }
        let server = try await connect(scripted)
        #expect(try await server.bytes("a", 3..<6) == Array("345".utf8))
        #expect(try await server.bytes("a", 9..<10) == Array("9".utf8))
        #expect(try await server.bytes("a") == Array("0123456789".utf8))
        await #expect(throws: StorageError.self) { try await server.bytes("a", 8..<12) }
    }

    @Test("a part that is longer than the one that was asked for is cut")
    func longerParts() async throws {
        let scripted = try server { head, connection in
            guard head.hasPrefix("GET") else { return false }
            try connection.answer("206 Partial", "123456789", headers: "Content-Range: bytes 1-9/10\r\n")
            return true
        }
        let server = try await connect(scripted)
        #expect(try await server.bytes("a", 1..<2) == Array("1".utf8))
        #expect(try await server.bytes("a", 3..<6) == Array("345".utf8))
        #expect(try await server.bytes("a", 4..<10) == Array("456789".utf8))
        await #expect(throws: StorageError.self) { try await server.bytes("a", 0..<2) }
        await #expect(throws: StorageError.self) { try await server.bytes("a", 8..<11) }
    }

    @Test("a server that fails to say what is there is asked again, and not without end", arguments: [3, 100])
    func failures(count: Int) async throws {
        let left = Guarded(0)
        let scripted = try server { head, connection in
            guard head.hasPrefix("PROPFIND"),
                left.withLock({
                    $0 -= 1; return $0 >= 0
                })
            else { return false }
            try connection.answer("500 Internal Server Error")
            return true
        }
        let server = try await connect(scripted)
        left.withLock { $0 = count }
        if count < 5 {
            #expect(try await server.entries("") == [])
        } else {
            let error = await #expect(throws: StorageError.self) { try await server.entries("") }
            #expect(error?.code == .unavailable && error?.retry != .permanent)
            #expect(left.withLock { $0 } > 80)
        }
    }

    @Test("another part than was asked for, and an end that comes early, are errors")
    func wrongParts() async throws {
        let scripted = try server { head, connection in
            guard head.hasPrefix("GET") else { return false }
            if head.contains("Range: bytes=0-") {
                try connection.answer("206 Partial", "0123", headers: "Content-Range: bytes 1-4/10\r\n")
            } else {
                try connection.send("HTTP/1.1 200 OK\r\nETag: a\r\nContent-Length: 10\r\n\r\n01234")
                connection.closeWriting()
            }
            return true
        }
        let server = try await connect(scripted)
        for range in [0..<4, nil] as [Range<Int64>?] {
            let error = await #expect(throws: StorageError.self) { try await server.bytes("a", range) }
            #expect(error?.code == .unavailable)
        }
    }

    @Test("who lies about the size of a file is found out, and the archive is not announced")
    func liar() async throws {
        let scripted = try server { head, connection in
            guard head.hasPrefix("HEAD") else { return false }
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
            return true
        }
        let server = try await connect(scripted)
        try await server.upload("a", [1, 2, 3])
        #expect(try await server.status("a")?.size == 5)
        let error = await #expect(throws: StorageError.self) {
            _ = try await Storage.overWebDAV(WebDAVConfiguration(url: scripted.url("/")))
                .store(try .freshDAV(), from: GeneratedSource(size: 1000))
        }
        #expect(error?.code == .integrityMismatch)
        #expect(!scripted.heads.value.contains { $0.hasPrefix("MOVE") })
    }

    @Test("what speaks no WebDAV is no server for us", arguments: ["200 OK", "405 Method Not Allowed", "501 Not"])
    func none(status: String) async throws {
        let scripted = try server { _, connection in
            try connection.answer(status, "<html>")
            return true
        }
        let error = await #expect(throws: StorageError.self) { _ = try await connect(scripted) }
        #expect(error?.code == .unsupported)
    }

    /// `answer`: what the server says to the move to an odd name.
    @Test(
        "who does not take odd names loses none, and who cannot answer now is asked at the next opening",
        arguments: ["403 Forbidden", "500 Internal Server Error", "503 Service Unavailable"], [false, true])
    func refusedNames(answer: String, hasTree: Bool) async throws {
        let scripted = try server { head, connection in
            if head.hasPrefix("MOVE") {
                try connection.answer(answer)
            } else if head.hasPrefix("MKCOL"), head.contains("-trial-") {
                try connection.answer("201 Created")
            } else if head.hasPrefix("PROPFIND /.stowage-staging"), hasTree {
                let staging = Self.root.replacing("<D:href>/<", with: "<D:href>/.stowage-staging/<")
                try connection.answer("207 Multi-Status", staging)
            } else {
                return false
            }
            return true
        }
        if answer.hasPrefix("503"), !hasTree {
            let error = await #expect(throws: StorageError.self) { _ = try await connect(scripted) }
            #expect(error?.code == .unavailable && error?.retry != .permanent)
        } else {
            let server = try await connect(scripted)
            #expect(!server.address.naming.isCautious)
        }
        let (made, removed) = (scripted.count("MKCOL /.stowage-trial-"), scripted.count("DELETE /.stowage-trial-"))
        #expect(made > 0 && made == removed)
    }

    @Test("a server that makes every folder again is asked before")
    func folders() async throws {
        let scripted = try server { head, connection in
            guard head.hasPrefix("MKCOL"), !head.contains("-trial-") else { return false }
            try connection.answer("201 Created")
            return true
        }
        let server = try await connect(scripted)
        #expect(try await !server.makeFolder("a"))
    }
}

extension ScriptedServer {
    /// How many requests began like this.
    fileprivate func count(_ start: String) -> Int { heads.value.count(where: { $0.hasPrefix(start) }) }
}
