import ServiceRuntime
import Storage
import StowageContract
import TestSupport
import Testing
import Transfer

@testable import Pipeline

@Suite("URLs that tasks may name")
struct LocationPolicyTests {
    /// An allow list that is open wherever the attack hopes for it: all but the last are refused before any packet.
    @Test(
        "a URL that is more than it seems is refused before anybody is asked",
        arguments: [
            ("http://127.1/", .permissionDenied), ("http://0x7f.1/", .permissionDenied),
            ("http://2130706433/", .permissionDenied),
            ("http://0177.0.0.1/", .permissionDenied), ("http://127.0.0.1./", .permissionDenied),
            ("http://[::ffff:127.0.0.1]/", .permissionDenied), ("http://[::1]/", .permissionDenied),
            ("http://[::]/", .permissionDenied), ("http://0/", .permissionDenied),
            ("http://169.254.169.254/latest", .permissionDenied),
            ("http://[fd00:ec2::254]/", .permissionDenied), ("http://%31%32%37.0.0.1/", .permissionDenied),
            ("http://localhost/", .permissionDenied), ("http://127.0.0.1.nip.io/", .permissionDenied),
            ("http://evilexample.com/", .permissionDenied), ("http://example.com.evil.org/", .permissionDenied),
            ("http://example.com%2eevil.org/", .permissionDenied), ("http://example.com%00.evil.org/", .invalidTask),
            ("http://example.com@127.0.0.1/", .invalidTask), ("http://user:password@example.com/", .invalidTask),
            ("http://example.com:80@127.0.0.1/", .invalidTask), ("http://127.0.0.1#@example.com/", .permissionDenied),
            ("http://127.0.0.1?@example.com/", .permissionDenied), ("http://127.0.0.1\\@example.com/", .invalidTask),
            ("http://example\u{3002}com/", .invalidTask), ("http://example\u{FF0E}com/", .invalidTask),
            ("http://example.com:99999999/", .invalidTask), ("http://example.com:0/", .invalidTask),
            ("http://example.com:-1/", .invalidTask), ("http://example.com:80x/", .invalidTask),
            ("http:///example.com/", .invalidTask), ("http:example.com/", .invalidTask), ("http://", .invalidTask),
            ("http://exa mple.com/", .invalidTask), ("http://example.com/\r\nHost: evil", .invalidTask),
            ("//example.com/", .invalidTask), ("example.com", .invalidTask),
            ("file:///etc/passwd", .invalidTask), ("file://example.com/etc/passwd", .invalidTask),
            ("gopher://example.com/_x", .unsupported), ("dict://example.com:11211/", .unsupported),
            ("ftp://example.com/", .unsupported), ("sftp://example.com/", .unsupported),
            ("ldap://example.com/", .unsupported),
            ("http://fd00::1/", .invalidTask), ("http://[fe80::1%25eth0]/", .permissionDenied),
        ] as [(String, ErrorCode)])
    func attacks(url: String, code: ErrorCode) async throws {
        let locations = try Locations(allowing: "example.com", "*.example.com")
        let error = try await storageFailure { try await locations.read(url) }
        #expect(error.code == code && error.retry == .permanent)
        #expect(error.place == (code == .permissionDenied ? .source : .task))
        #expect(error.context["server"]?.contains("password") != true && !error.message.contains(url))
    }

    @Test(
        "an address that is nobody's but ours is refused at the connection, whatever its name", .timeLimit(.minutes(1)))
    func rebinding() async throws {
        let server = try ScriptedServer { connection in
            try connection.readHead()
            try connection.answer("200 OK", "inside")
        }
        let listed = try Locations(allowing: "localhost")
        let error = try await storageFailure { try await listed.read(server.url(host: "localhost")) }
        #expect(error.code == .permissionDenied && error.place == .source && error.retry == .permanent)
        #expect(error.context["server"] == "http://localhost:\(server.port)")
        #expect(server.accepted.value == 0)
        let allowed = try Locations(allowing: "localhost", "127.0.0.0/8", "::1")
        #expect(try await allowed.read(server.url(host: "localhost")) == "inside")
        await allowed.close()
        await listed.close()
    }

    private func credentials(_ hosts: String..., allowsHTTP: Bool = false) throws -> LocationCredentials {
        LocationCredentials(
            hosts: HostAllowList(try hosts.map { try HostAllowList.Entry.read($0).get() }), allowsHTTP: allowsHTTP,
            user: "u", password: Secret("p4ss"), headers: [("X-Token", Secret("t0ken"))])
    }

    @Test("credentials go to their hosts alone, and only within TLS unless told otherwise")
    func bound() async throws {
        let locations = try Locations(
            allowing: "*.example.org",
            credentials: [
                "a": credentials("a.example.org"), "plain": credentials("a.example.org", allowsHTTP: true),
            ])
        func location(_ url: String, _ name: String) throws -> Location {
            try locations.policy.location(of: TaskURL(url: url, credentials: name), at: .source)
        }
        let good = try location("https://a.example.org/x", "a")
        #expect(good.credentials?.user == "u" && good.headers["X-Token"] == "t0ken")
        #expect(try location("http://a.example.org/x", "plain").headers["X-Token"] == "t0ken")
        for (url, name, code) in [
            ("https://b.example.org/x", "a", ErrorCode.permissionDenied),
            ("http://a.example.org/x", "a", .permissionDenied), ("https://a.example.org/x", "b", .invalidTask),
        ] {
            let error = try await storageFailure { try location(url, name) }
            #expect(error.code == code && error.retry == .permanent)
            #expect(!"\(error)".contains("p4ss") && !"\(error)".contains("t0ken"))
        }
    }

    @Test(
        "headers that frame the message, or say which part of what comes, are not the task's",
        arguments: [
            "host", "Range", "If-Range", "accept-encoding", "Content-Length", "Expect", "TE", "Proxy-Authorization",
        ])
    func reserved(name: String) async throws {
        let locations = try Locations(allowing: "example.com")
        let error = try await storageFailure {
            try locations.source("http://example.com/", headers: [name: "s3cret"])
        }
        #expect(error.code == .invalidTask && error.place == .task && !"\(error)".contains("s3cret"))
    }

    @Test("a header that would end its line never leaves")
    func injection() async throws {
        let locations = try Locations(allowing: "127.0.0.1")
        for (name, value) in [("X-A", "b\r\nX-C: d"), ("X-A", "b\u{0}"), ("X A", "b"), ("X-A\r\nX-B", "c"), ("", "x")] {
            let source = try locations.source("http://127.0.0.1:9/", headers: [name: value])
            let error = try await storageFailure { try await locations.read(source) }
            #expect(error.code == .invalidTask && error.place == .task)
        }
        await locations.close()
    }

    @Test("a source that the worker has closed is tried again elsewhere")
    func closed() async throws {
        let locations = try Locations(allowing: "127.0.0.1")
        await locations.close()
        let error = try await storageFailure { try await locations.read("http://127.0.0.1:9/") }
        #expect(error.code == .unavailable && error.retry == .transient(after: nil))
    }
}
