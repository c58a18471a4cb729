import DriverConformance
import Observability
import ServiceRuntime
import Storage
import StorageDrivers
import StowageContract
import TestSupport
import Testing
import Transfer

/// What goes wrong gives the right error, and nothing is visible.
@Suite("FTP when something goes wrong", .timeLimit(.minutes(3)))
struct FTPFaultTests {
    private func open(_ configuration: FTPConfiguration) async throws -> Storage {
        let environment = StorageEnvironment(
            blocking: BlockingPool(threads: 4), time: .system, metrics: MetricsRegistry(),
            logger: Logger(sink: RecordingLogSink(), level: .error))
        let driver = try await FTPStorageDriver.open(configuration, in: .test())
        let name = try #require(DriverName("archive"))
        return Storage(
            name: name, driver: driver, settings: DriverSettings(), environment: environment, interceptors: [])
    }

    private func failure(
        _ configuration: FTPConfiguration, _ bytes: [UInt8], onceOpen: () -> Void = {}
    ) async throws -> StorageError {
        let storage = try await open(configuration)
        onceOpen()
        let request = StoreRequest(taskID: freshID(), name: "x")
        let error = await #expect(throws: StorageError.self) {
            _ = try await storage.store(request, from: BytesSource(bytes))
        }
        let found = try await storage.list(ListData(prefix: "", limit: 100)).archives
        #expect(found.isEmpty)
        #expect(try await storage.stat(.key(request.keyText)) == nil)
        await storage.close()
        return try #require(error)
    }

    private func opening(_ configuration: FTPConfiguration) async throws -> StorageError {
        let error = await #expect(throws: StorageError.self) {
            _ = try await FTPStorageDriver.open(configuration, in: .test())
        }
        return try #require(error)
    }

    private func scripted(_ server: ScriptedFTPServer) -> FTPConfiguration {
        var configuration = FTPConfiguration(host: "127.0.0.1")
        configuration.port = server.port
        configuration.user = "lab"
        configuration.password = Secret("labpass")
        configuration.tls = .none
        return configuration
    }

    @Test("a certificate that nobody trusts", arguments: [FTPClientConfiguration.Security.explicit, .implicit])
    func certificate(security: FTPClientConfiguration.Security) async throws {
        let server = try await FTPTestServer()
        var configuration = server.configuration(security)
        configuration.ca = nil
        let error = try await opening(configuration)
        #expect(error.code == .unavailable && error.retry == .permanent && error.context["problem"] == "tls")
        #expect(try !server.commands().contains { $0.hasPrefix("USER") })
    }

    @Test("a wrong password")
    func password() async throws {
        let server = try await FTPTestServer.shared()
        var configuration = server.configuration(.explicit)
        configuration.password = Secret("sesame")
        let error = try await opening(configuration)
        #expect(error.code == .unauthenticated && error.retry == .permanent)
        #expect(!"\(error)".contains("sesame"))
    }

    @Test("a server without TLS is told nothing where TLS is wanted")
    func noTLS() async throws {
        let server = try await FTPTestServer(.proftpd, ["FTP_TLS": "none"])
        let error = try await opening(server.configuration(.explicit))
        #expect(error.code == .unavailable && error.context["problem"] == "tls")
        let commands = try server.commands()
        #expect(commands.contains { $0.hasPrefix("AUTH") })
        #expect(!commands.contains { $0.hasPrefix("USER") || $0.hasPrefix("PASS") })
    }

    @Test("a full disk", arguments: [FTPClientConfiguration.Security.none, .explicit])
    func full(security: FTPClientConfiguration.Security) async throws {
        let server = try await FTPTestServer(.proftpd, ["FTP_QUOTA_BYTES": "3000000"])
        let error = try await failure(server.configuration(security), randomBytes(8_000_000))
        #expect(error.code == .outOfSpace)
        let ftp = try await FTPServer.connect(server.configuration(security), in: .test())
        #expect(ftp.facts.tellsRoom)
        #expect(try await ftp.room().totalBytes == 3_000_000)
        await ftp.close()
    }

    @Test("a data connection that drops", arguments: ["426 broken", nil])
    func dropped(answer: String?) async throws {
        let server = try ScriptedFTPServer { verb, path in
            verb == "STOR" && path.count > 60 ? .cut(after: 100_000, answered: answer) : nil
        }
        let ftp = try await FTPServer.connect(scripted(server), in: .test())
        let name = String(repeating: "n", count: 70)
        let error = await #expect(throws: StorageError.self) {
            try await ftp.upload(name, at: 0, size: 8_000_000, from: BytesBody(randomBytes(8_000_000)))
        }
        #expect(error?.code == .unavailable && error?.retry == .transient(after: nil))
        try await ftp.upload("other", at: 0, size: 1, from: BytesBody([1]))
        await ftp.close()
    }

    @Test("a server that keeps less than it took", arguments: [0, 999])
    func truncates(kept: Int) async throws {
        let isOpen = Watched(false)
        let server = try ScriptedFTPServer { verb, _ in verb == "STOR" && isOpen.value ? .keeps(kept) : nil }
        let error = try await failure(scripted(server), randomBytes(1000), onceOpen: { isOpen.change { $0 = true } })
        #expect(error.code == .integrityMismatch)
        let always = try ScriptedFTPServer { verb, _ in verb == "STOR" ? .keeps(0) : nil }
        let atOpening = await #expect(throws: StorageError.self) { _ = try await self.open(scripted(always)) }
        #expect(atOpening?.code == .integrityMismatch)
    }

    @Test("421 instead of an answer", arguments: ["STOR", "MKD", "RNFR", "RNTO", "EPSV"])
    func leaves(verb: String) async throws {
        let isDue = Watched(false)
        let server = try ScriptedFTPServer { said, _ in
            guard said == verb else { return nil }
            let isNow = isDue.change { isDue in
                defer { isDue = false }
                return isDue
            }
            return isNow ? .answer("421 going down") : nil
        }
        let error = try await failure(scripted(server), randomBytes(1000), onceOpen: { isDue.change { $0 = true } })
        #expect(error.code == .unavailable && error.retry == .transient(after: nil))
    }

    @Test("an answer that never comes does not hold a cancelled call")
    func silent() async throws {
        let server = try ScriptedFTPServer { verb, path in verb == "STOR" && path == "/x" ? .silent : nil }
        let ftp = try await FTPServer.connect(scripted(server), in: .test(connections: 1))
        let task = Task { try await ftp.upload("x", at: 0, size: 3, from: BytesBody([1, 2, 3])) }
        await server.files.first { $0["/x"] != nil }
        task.cancel()
        let began = ContinuousClock.now
        let result = await task.result
        #expect(ContinuousClock.now - began < .seconds(5))
        let error = #expect(throws: StorageError.self) { try result.get() }
        #expect(error?.code == .cancelled)
        try await ftp.upload("y", at: 0, size: 1, from: BytesBody([1]))
        await ftp.close()
    }

    @Test("an answer that never comes ends the call in time, and says that nobody knows")
    func timeout() async throws {
        let server = try ScriptedFTPServer { verb, path in path == "/x" ? .silent : nil }
        var configuration = FTPClientConfiguration(host: "127.0.0.1")
        configuration.port = server.port
        configuration.security = .none
        configuration.limits.stall = .seconds(1)
        let client = try FTPClient(configuration)
        let error = await #expect(throws: FTPError.self) {
            try await client.upload("x", at: 0, size: 3, from: TestBody([1, 2, 3]))
        }
        #expect(error?.unanswered == ["STOR"])
        guard case .transfer(let transfer) = error?.reason else { Issue.record("\(error as Any)"); return }
        #expect(transfer.kind == .timeout)
        await client.close()
    }

    @Test("a file goes nowhere but to the server, whatever address it names")
    func foreignAddress() async throws {
        let server = try ScriptedFTPServer { verb, _ in verb == "EPSV" ? .answer("500 what?") : nil }
        let ftp = try await FTPServer.connect(scripted(server), in: .test())
        try await ftp.upload("x", at: 0, size: 3, from: BytesBody([1, 2, 3]))
        #expect(server.files.value["/x"] == [1, 2, 3])
        #expect(server.commands.value.contains("PASV"))
        await ftp.close()
    }

    @Test("an address that may not be reached is not")
    func refusedAddress() async throws {
        let server = try ScriptedFTPServer()
        var configuration = FTPClientConfiguration(host: "127.0.0.1")
        configuration.port = server.port
        configuration.security = .none
        configuration.allowsAddress = { _, _ in false }
        let client = try FTPClient(configuration)
        let error = await #expect(throws: FTPError.self) { _ = try await client.run([try FTPCommand("NOOP")]) }
        guard case .transfer(let transfer) = error?.reason else { Issue.record("\(error as Any)"); return }
        #expect(transfer.kind == .addressRefused && server.accepted == 0)
        await client.close()
    }

    @Test("a folder that comes and goes is listed when it is there", arguments: ["501 No such directory.", "550 No."])
    func flickers(answer: String) async throws {
        let asked = Watched(0)
        let server = try ScriptedFTPServer { verb, path in
            guard verb == "MLSD", path.hasSuffix("/x") else { return nil }
            return asked.change { asked in
                asked += 1
                return asked <= 5 ? .answer(answer) : nil
            }
        }
        let ftp = try await FTPServer.connect(scripted(server), in: .test())
        #expect(try await ftp.makeFolder("x"))
        #expect(try await ftp.entries("x") == [])
        #expect(asked.value == 6)
        await ftp.close()
    }
}
