import DriverConformance
import Observability
import ServiceRuntime
import Storage
import StorageDrivers
import StowageContract
import TestSupport
import Testing
import Transfer

@Suite("Another client of the same FTP server", .timeLimit(.minutes(2)))
struct FTPCrossReadTests {
    @Test(
        "rclone reads what we store, and we read what rclone has put there",
        arguments: ["a.bin", "ü b+c%20.bin", "100% & more=less?#;.bin", "-leading ' \u{1F4BE}.bin"],
        [FTPClientConfiguration.Security.none, .explicit])
    func reads(name: String, security: FTPClientConfiguration.Security) async throws {
        let server = try await FTPTestServer.shared()
        let configuration = server.configuration(security)
        let storage = Storage(
            name: try #require(DriverName("archive")),
            driver: try await FTPStorageDriver.open(configuration, in: .test()), settings: DriverSettings(),
            environment: StorageEnvironment(
                blocking: BlockingPool(threads: 4), time: .system, metrics: MetricsRegistry(),
                logger: Logger(sink: RecordingLogSink(), level: .error)))
        let source = GeneratedSource(size: 3_000_000)
        var request = StoreRequest(taskID: freshID(), name: name)
        request.path = "kurs ä/2026+"
        _ = try await storage.store(request, from: source)
        #expect(
            try await rclone(["cat", ":ftp:\(configuration.path)/\(request.keyText)"], server, security)
                == source.sha256)
        let folder = try TemporaryFolder()
        let file = try folder.write(source.bytes, to: "file")
        _ = try await rclone(["copyto", file, ":ftp:\(configuration.path)/put/\(name)"], server, security)
        let ftp = try await FTPServer.connect(configuration, in: .test())
        #expect(try await ftp.status("put/\(name)")?.size == 3_000_000)
        #expect(try await ftp.get("put/\(name)") == source.bytes)
        #expect(try await ftp.sha256("put/\(name)") == source.sha256)
        await ftp.close()
        await storage.close()
    }

    /// Runs rclone; returns the SHA-256 of what it prints.
    private func rclone(
        _ arguments: [String], _ server: FTPTestServer, _ security: FTPClientConfiguration.Security
    ) async throws -> String {
        let found = try await ChildProcess.run([
            Checkout.python, "-c",
            "import os, rclone_api; print(os.path.join(os.path.dirname(rclone_api.__file__), 'bin', 'rclone'))",
        ])
        let environment = [
            "RCLONE_CONFIG": "/dev/null", "RCLONE_FTP_HOST": "localhost", "RCLONE_FTP_PORT": "\(server.port)",
            "RCLONE_FTP_USER": server.user, "RCLONE_CA_CERT": server.authorities,
            "RCLONE_FTP_EXPLICIT_TLS": security == .explicit ? "true" : "false", "PASSWORD": server.password,
        ]
        let command =
            "set -o pipefail; RCLONE_FTP_PASS=$(\"$0\" obscure \"$PASSWORD\"); export RCLONE_FTP_PASS; \"$0\" \"$@\" | sha256sum"
        let digest = try await ChildProcess.run(["bash", "-c", command, found] + arguments, environment)
        return String(digest.prefix(64))
    }
}
