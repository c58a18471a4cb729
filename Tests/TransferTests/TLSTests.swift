import Glibc
import TestSupport
import Testing
import Transfer

@Suite("TLS", .timeLimit(.minutes(1)))
struct TLSTests {
    /// `openssl s_server`, which answers any GET with a page about the session.
    private final class Server: Sendable {
        let port: UInt16
        private let process: ChildProcess

        init(_ certificate: String, _ key: String, _ options: [String] = []) async throws {
            port = try TestPorts.reserve(1)
            process = try ChildProcess(
                ["openssl", "s_server", "-accept", "127.0.0.1:\(port)", "-cert", certificate, "-key", key, "-www"]
                    + options)
            await process.output.first { lines in lines.contains { $0.text.hasPrefix("ACCEPT") } }
        }

        deinit { process.send(SIGKILL) }

        var url: String { "https://127.0.0.1:\(port)/" }
    }

    @Test("a trusted certificate for this host: 1.2 and 1.3", arguments: ["-tls1_2", "-tls1_3"])
    func trusted(version: String) async throws {
        let certificates = try await Certificates()
        let server = try await Server(certificates.server, certificates.serverKey, [version])
        let client = try makeClient { $0.tls.authorities = certificates.authority }
        let answer = try await client.get(server.url)
        #expect(answer.head.status == 200)
        #expect(answer.body.contains(version == "-tls1_2" ? "TLSv1.2" : "TLSv1.3"))
    }

    @Test("an authority that nobody named, and a host that is another one, are refused for good")
    func untrusted() async throws {
        let certificates = try await Certificates()
        let server = try await Server(certificates.server, certificates.serverKey)
        let unknown = try #require(try await makeClient().failure(ofGetting: server.url))
        #expect(unknown.kind == .tls && !unknown.isRetryable && !unknown.mayHaveSent)
        let wrong = try await Server(certificates.wrongServer, certificates.wrongKey)
        let client = try makeClient { $0.tls.authorities = certificates.authority }
        let other = try #require(try await client.failure(ofGetting: wrong.url))
        #expect(other.kind == .tls && !other.isRetryable && !other.mayHaveSent)
    }

    @Test("an authority file that is not there")
    func noAuthorities() async throws {
        let certificates = try await Certificates()
        let server = try await Server(certificates.server, certificates.serverKey)
        let client = try makeClient { $0.tls.authorities = "/nowhere/ca.pem" }
        #expect(try await client.failure(ofGetting: server.url)?.kind == .tls)
    }

    @Test("a server that only speaks TLS 1.1")
    func old() async throws {
        let certificates = try await Certificates()
        let server = try await Server(
            certificates.server, certificates.serverKey, ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"])
        let client = try makeClient { $0.tls.authorities = certificates.authority }
        let error = try #require(try await client.failure(ofGetting: server.url))
        #expect(error.kind == .tls && !error.mayHaveSent)
    }

    @Test("a certificate of ours, where the server asks for one", arguments: ["-tls1_2", "-tls1_3"])
    func clientCertificate(version: String) async throws {
        let certificates = try await Certificates()
        let server = try await Server(
            certificates.server, certificates.serverKey,
            [version, "-Verify", "1", "-verify_return_error", "-CAfile", certificates.authority])
        let without = try makeClient { $0.tls.authorities = certificates.authority }
        // With TLS 1.3 the client has sent its request when the server refuses, whose reset may overtake the reason.
        let kinds: [TransferError.Kind?] = version == "-tls1_2" ? [.tls] : [.tls, .peerClosed]
        #expect(kinds.contains(try await without.failure(ofGetting: server.url)?.kind))
        let with = try makeClient { configuration in
            configuration.tls = .init(
                authorities: certificates.authority, certificate: certificates.client, key: certificates.clientKey)
        }
        #expect(try await with.get(server.url).head.status == 200)
    }
}
