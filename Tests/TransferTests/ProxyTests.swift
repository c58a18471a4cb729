import ServiceRuntime
import TestSupport
import Testing
import Transfer

@Suite("Proxies", .timeLimit(.minutes(1)))
struct ProxyTests {
    private func makeClient(_ proxy: ScriptedServer) throws -> TransferClient {
        let url = try TransferURL(proxy.url(""))
        return try TransferTests.makeClient {
            $0.proxy = .init(url: url, credentials: .init(user: "u", password: .init("p")))
        }
    }

    @Test("a plain request goes to the proxy as a whole URL, with the proxy's credentials")
    func plain() async throws {
        let proxy = try ScriptedServer { connection in
            try connection.readHead()
            try connection.answer("200 OK", "by proxy")
        }
        let answer = try await makeClient(proxy).get("http://stowage.invalid/a?b")
        #expect(answer.body == "by proxy")
        let head = try #require(proxy.heads.value.first)
        #expect(head.hasPrefix("GET http://stowage.invalid/a?b HTTP/1.1\r\n"))
        #expect(head.contains("Proxy-Authorization: Basic dTpw\r\n"))
    }

    @Test("a proxy that makes no tunnel is no answer of the server")
    func refused() async throws {
        let proxy = try ScriptedServer { connection in
            try connection.readHead()
            try connection.answer("403 Forbidden", "no")
            connection.waitForClose()
        }
        let error = try #require(try await makeClient(proxy).failure(ofGetting: "https://stowage.invalid/a?secret"))
        #expect(error.kind == .connect)
        #expect(!"\(error)".contains("secret"))
        #expect(proxy.heads.value.first?.hasPrefix("CONNECT stowage.invalid:443 HTTP/1.1\r\n") == true)
    }
}
