import Testing
import TestSupport
import Transfer

@testable import StorageDrivers

@Suite("The host that is signed and the host that is sent", .timeLimit(.minutes(1)))
struct SentHostTests {
    @Test("are the same, however the URL writes it", arguments: ["127.0.0.1", "LOCALHOST", "LocalHost", "127.1"])
    func same(host: String) async throws {
        let server = try ScriptedServer { connection in
            try connection.readHead()
            try connection.answer()
        }
        defer { server.stop() }
        let url = try TransferURL(server.url("/a", host: host))
        let client = try TransferClient(TransferConfiguration())
        _ = try await client.start(TransferRequest("GET", url)).bytes(atMost: 100)
        await client.close()
        let sent = try #require(server.heads.value.first)
        #expect(sent.contains("\r\nHost: \(url.hostHeader)\r\n"))
    }
}
