import Cryptography
import DriverConformance
import ServiceRuntime
import Storage
import StowageContract
import Testing
import Transfer

@testable import Pipeline

@Suite("Files of servers by URL", .timeLimit(.minutes(1)))
struct FileServerLocationTests {
    private static var good: MemoryFileServer.Manner {
        var manner = MemoryFileServer.Manner()
        manner.facts.readsRanges = true
        return manner
    }

    @Test("a source is the file that the path names, percent signs decoded")
    func source() async throws {
        let bench = try FileServerBench(Self.good)
        try bench.put("in/a file #1.txt", "hello")
        #expect(try await bench.locations.read("ftp://files.example.org/in/a%20file%20%231.txt") == "hello")
        #expect(bench.addresses.map(\.port) == [21])
        #expect(try await bench.locations.read("sftp://files.example.org:2222/in/a%20file%20%231.txt") == "hello")
        #expect(bench.addresses.last?.port == 2222 && bench.addresses.last?.scheme == "sftp")
    }

    @Test("a file that has settled is gone on with; one that was just written, or has changed, is not")
    func seeking() async throws {
        let bench = try FileServerBench(Self.good)
        try bench.put("f", "0123456789")
        let source = try bench.locations.source("sftp://files.example.org/f")
        #expect(try await bench.locations.read(source, from: 4) == "456789")
        #expect(try await bench.locations.read(source, from: 10) == "")
        let body = try #require(try await source.open() as? any SeekableBody)
        let other = try #require(try await source.open() as? any SeekableBody)
        #expect(body.identity == other.identity)
        await other.close()
        try bench.put("f", "01234567890")
        let error = try await storageFailure { try await body.seek(to: 4) }
        #expect(error.code == .unavailable && error.place == .source)
        await body.close()
        let fresh = try FileServerBench(Self.good, ageSeconds: 5)
        try fresh.put("f", "0123456789")
        let young = try await fresh.locations.source("sftp://files.example.org/f").open()
        #expect(!(young is any SeekableBody))
        await young.close()
    }

    @Test(
        "a path that names no file is refused before anybody is asked",
        arguments: [
            "", "/", "/a/", "//a", "/a//b", "/../a", "/a/..", "/a/%2e%2e/b", "/.", "/a%00b", "/a%0d%0aDELE%20b", "/%c3",
            "/a%2fb",
            "/%zz", "/%4", "/a?b", "/\(String(repeating: "n", count: 256))",
        ])
    func path(_ path: String) async throws {
        let bench = try FileServerBench(Self.good)
        for isSource in [true, false] {
            let error = try await storageFailure {
                let url = "ftp://files.example.org" + path
                if isSource { return try await bench.locations.read(url) }
                return try await bench.send(BytesBody([1]), size: 1, to: url) ?? ""
            }
            #expect(error.code == .invalidTask && error.retry == .permanent, "\(path)")
        }
        #expect(bench.addresses.isEmpty)
    }

    @Test("hosts that are not listed, unknown credentials, and headers are refused before anybody is asked")
    func refused() async throws {
        let login = LocationCredentials(
            hosts: HostAllowList([try HostAllowList.Entry.read("files.example.org").get()]), user: "u",
            password: Secret("p4ss"))
        var token = login
        (token.user, token.password, token.headers) = (nil, nil, [("Authorization", Secret("t0ken"))])
        let bench = try FileServerBench(Self.good, credentials: ["login": login, "token": token])
        for (url, headers, credentials, code) in [
            ("sftp://other.example.org/f", [:], nil, ErrorCode.permissionDenied),
            ("sftp://files.example.org/f", ["X-A": "b"], nil, .invalidTask),
            ("sftp://files.example.org/f", [:], "none", .invalidTask),
            ("sftp://files.example.org/f", [:], "token", .permissionDenied),
            ("sftp://u:p4ss@files.example.org/f", [:], nil, .invalidTask),
        ] as [(String, [String: String], String?, ErrorCode)] {
            let error = try await storageFailure {
                try await bench.locations.read(
                    bench.locations.source(url, headers: headers, credentials: credentials))
            }
            #expect(error.code == code, "\(url)")
            #expect(!"\(error)".contains("p4ss") && !"\(error)".contains("t0ken"))
        }
        #expect(bench.addresses.isEmpty)
    }

    @Test("a password never leaves without TLS unless the configuration says so")
    func tls() async throws {
        let hosts = HostAllowList([try HostAllowList.Entry.read("files.example.org").get()])
        let bench = try FileServerBench(
            Self.good,
            credentials: [
                "strict": LocationCredentials(hosts: hosts, user: "u"),
                "plain": LocationCredentials(hosts: hosts, allowsHTTP: true, user: "u"),
            ])
        try bench.put("f", "x")
        for (scheme, credentials, requiresTLS) in [
            ("ftp", "strict", true), ("ftp", "plain", false), ("ftp", nil, false), ("ftps", nil, true),
            ("ftps", "plain", true),
        ] as [(String, String?, Bool)] {
            let source = try bench.locations.source("\(scheme)://files.example.org/f", credentials: credentials)
            #expect(try await bench.locations.read(source) == "x")
            #expect(bench.addresses.last?.requiresTLS == requiresTLS, "\(scheme) \(credentials ?? "none")")
        }
    }

    @Test("addresses are asked for by the URL's port, whatever the port of the data")
    func addresses() async throws {
        let bench = try FileServerBench(Self.good, hosts: ["files.example.org", "127.0.0.1:2121"])
        try bench.put("f", "x")
        _ = try await bench.locations.read("ftp://files.example.org:2121/f")
        let allows = try #require(bench.addresses.last?.allowsAddress)
        #expect(allows(.init(bytes: [127, 0, 0, 1], port: 40_000)))
        #expect(allows(.init(bytes: [8, 8, 8, 8], port: 40_000)))
        #expect(!allows(.init(bytes: [127, 0, 0, 2], port: 2121)))
        #expect(!allows(.init(bytes: [169, 254, 169, 254], port: 2121)))
    }

    @Test("a destination gets its name once it is whole, and leaves nothing else", arguments: [false, true])
    func destination(alwaysReplaces: Bool) async throws {
        var manner = Self.good
        manner.alwaysReplaces = alwaysReplaces
        let bench = try FileServerBench(manner)
        _ = try bench.tree.makeFolder("out")
        let bytes = Array("archive".utf8)
        let digest = try await bench.send(BytesBody(bytes), size: 7, to: "sftp://files.example.org/out/a")
        #expect(digest == SHA256Hasher.digest(of: bytes).hexadecimal)
        #expect(bench.text("out/a") == "archive")
        #expect(bench.tree.children("out")?.map(\.name) == ["a"])
        let error = try await storageFailure {
            try await bench.send(BytesBody([1]), size: 1, to: "sftp://files.example.org/out/a")
        }
        #expect(error.code == .conflict && error.place == .destination)
        #expect(bench.text("out/a") == "archive")
        let absent = try await storageFailure {
            try await bench.send(BytesBody([1]), size: 1, to: "sftp://files.example.org/none/a")
        }
        #expect(absent.code == .notFound && absent.place == .destination)
    }

    @Test("an archive that turns out damaged, or that the server cuts off, does not show")
    func damaged() async throws {
        let bench = try FileServerBench(Self.good)
        let failure = StorageError(.integrityMismatch, .permanent, "damaged", at: .driver)
        let body = ScriptedBody([.bytes([1, 2, 3]), .failure(failure)])
        let error = try await storageFailure {
            try await bench.send(body, size: 4, to: "ftp://files.example.org/a")
        }
        #expect(error.message == "damaged" && error.place == .driver)
        #expect(bench.tree.children("") == [])
        var cutting = Self.good
        cutting.cutsOff = true
        let short = try FileServerBench(cutting)
        let mismatch = try await storageFailure {
            try await short.send(
                BytesBody([UInt8](repeating: 1, count: 5000)), size: 5000, to: "ftp://files.example.org/a")
        }
        #expect(mismatch.code == .integrityMismatch && mismatch.place == .destination)
        #expect(short.tree.children("") == [])
    }
}
