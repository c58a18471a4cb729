import TestSupport

/// An authority with the certificates that it gave, made by `openssl` for one test.
final class Certificates: Sendable {
    let folder: TemporaryFolder

    var authority: String { folder.path("ca.pem") }
    /// For 127.0.0.1 and localhost.
    var server: String { folder.path("server.pem") }
    var serverKey: String { folder.path("server.key") }
    /// For another host.
    var wrongServer: String { folder.path("wrong.pem") }
    var wrongKey: String { folder.path("wrong.key") }
    var client: String { folder.path("client.pem") }
    var clientKey: String { folder.path("client.key") }

    init() async throws {
        folder = try TemporaryFolder()
        let newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        try await ChildProcess.run(
            ["openssl", "req", "-x509", "-days", "2", "-subj", "/CN=authority"] + newKey + [
                "-keyout", folder.path("ca.key"), "-out", authority,
            ])
        for (name, names) in [
            ("server", "IP:127.0.0.1,DNS:localhost"), ("wrong", "DNS:other.example"), ("client", "DNS:client"),
        ] {
            try await ChildProcess.run(
                ["openssl", "req", "-x509", "-days", "2", "-subj", "/CN=\(name)"] + newKey + [
                    "-addext", "subjectAltName=\(names)", "-addext", "basicConstraints=critical,CA:FALSE",
                    "-CA", authority, "-CAkey", folder.path("ca.key"),
                    "-keyout", folder.path("\(name).key"), "-out", folder.path("\(name).pem"),
                ])
        }
    }
}
