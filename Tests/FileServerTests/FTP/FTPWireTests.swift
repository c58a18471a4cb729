import Storage
import StorageDrivers
import StowageContract
import TestSupport
import Testing
import Transfer

/// What really goes over the control connection, as the server has written it down.
@Suite("FTP on the wire", .timeLimit(.minutes(2)))
struct FTPWireTests {
    /// The commands behind the login that name `path`, and those around them on the same connection.
    private func said(_ server: FTPTestServer, after mark: Int) throws -> [String] {
        Array(try server.commands().dropFirst(mark))
    }

    @Test("an upload in the middle of a file is REST and STOR, never APPE")
    func restarts() async throws {
        let server = try await FTPTestServer()
        let client = try server.client()
        let bytes = randomBytes(300_000)
        try await client.upload("a b", at: 0, size: 200_000, from: TestBody(Array(bytes[..<200_000])))
        try await client.upload("a b", at: 150_000, size: 150_000, from: TestBody(Array(bytes[150_000...])))
        #expect(try await client.bytes("a b") == bytes)
        let mark = try server.commands().count
        #expect(try await client.bytes("a b", from: 299_000) == Array(bytes[299_000...]))
        let before = try server.commands()
        #expect(before.contains("REST 150000 350"))
        #expect(!before.contains { $0.hasPrefix("APPE") })
        #expect(before.filter { $0.hasPrefix("PASS") }.count == 1)
        #expect(try said(server, after: mark) == ["EPSV 229", "REST 299000 350", "RETR /a b 226"])
        await client.close()
    }

    @Test("a kept connection says nothing that is not needed", arguments: FTPClientConfiguration.Security.allCases)
    func saysNoMore(security: FTPClientConfiguration.Security) async throws {
        let server = try await FTPTestServer()
        let client = try server.client(security)
        let passive = security == .none ? "EPSV 229" : "PASV 227"
        try await client.upload("one", at: 0, size: 3, from: TestBody([1, 2, 3]))
        let mark = try server.commands().count
        try await client.upload("two", at: 0, size: 3, from: TestBody([1, 2, 3]))
        _ = try await client.run([try FTPCommand("MLST", "/two")])
        _ = try await client.run([try FTPCommand("MKD", "/folder")])
        _ = try await client.run([try FTPCommand("RNFR", "/two"), try FTPCommand("RNTO", "/folder/two")])
        #expect(try await client.bytes("folder/two") == [1, 2, 3])
        #expect(
            try said(server, after: mark) == [
                passive, "STOR /two 226", "MLST /two 250", "MKD /folder 257", "RNFR /two 350",
                "RNTO /folder/two 250", passive, "RETR /folder/two 226",
            ])
        await client.close()
    }

    @Test(
        "nothing that would end a line gets into a command", arguments: ["\r", "\n", "\r\n", "\0", "\u{1}", "\u{7F}"])
    func refusesControls(text: String) async throws {
        #expect(throws: TransferError.self) { try FTPCommand("DELE", "/a\(text)DELE /b") }
        let server = try await FTPTestServer.shared()
        let client = try server.client()
        let name = "x\(text)DELE /b"
        await #expect(throws: FTPError.self) {
            try await client.upload(name, at: 0, size: 1, from: TestBody([1]))
        }
        await #expect(throws: FTPError.self) { _ = try await client.download(name) }
        await #expect(throws: FTPError.self) { _ = try await client.list(name, by: "MLSD", atMost: 1000) }
        var configuration = FTPClientConfiguration(host: "localhost")
        configuration.user = "lab" + text
        #expect(throws: TransferError.self) { try FTPClient(configuration) }
        let ftp = try await FTPServer.connect(server.configuration(), in: .test())
        let error = await #expect(throws: StorageError.self) { _ = try await ftp.status(name) }
        #expect(error?.code == .invalidTask)
        await ftp.close()
        await client.close()
        #expect(try !server.commands().contains { $0.hasPrefix("DELE /b") })
    }

    @Test("a verb is a word")
    func verbs() {
        for verb in ["", "DELE /b", "dele", "MKD\r\nDELE"] {
            #expect(throws: TransferError.self) { try FTPCommand(verb) }
        }
    }
}
