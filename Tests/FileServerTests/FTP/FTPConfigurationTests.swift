import ServiceRuntime
@testable import StorageDrivers
import StrictCoding
import Testing
import Transfer

@Suite("Configuration of FTP drivers")
struct FTPConfigurationTests {
    private func read(_ json: JSONValue) throws -> FTPConfiguration {
        try StrictDecoder(path: "drivers.a").decode(FTPConfiguration.self, from: json)
    }

    @Test("a host is enough, and nothing goes in the clear unless it is said")
    func least() throws {
        let configuration = try read(["host": "ftp.example.org"])
        #expect(configuration.tls == .explicit && configuration.path.isEmpty && configuration.user == nil)
    }

    @Test("everything that can be said is understood")
    func all() throws {
        let configuration = try read([
            "host": "2001:db8::1", "port": .integer(2121), "user": "u", "password": "p", "path": "/a//b c/",
            "tls": "implicit", "ca": "/etc/ca.pem",
        ])
        #expect(configuration.path == "a/b c" && configuration.tls == .implicit && configuration.port == 2121)
        #expect(!"\(configuration)".contains("\"p\""))
    }

    @Test(
        "what cannot work is refused by its name",
        arguments: [
            (["host": ""], "host"), (["host": "a/b"], "host"), (["host": "a b"], "host"), (["host": "u@h"], "host"),
            (["host": "h:21"], "host"), (["host": "h", "port": .integer(0)], "port"),
            (["host": "h", "password": "p"], "password"), (["host": "h", "user": "a\r\nDELE x"], "user"),
            (["host": "h", "user": "u", "password": "a\n"], "password"), (["host": "h", "path": "/a/../b"], "path"),
            (["host": "h", "path": "/a\r\nDELE b"], "path"), (["host": "h", "tls": "maybe"], "tls"),
            (["host": "h", "bucket": "b"], "bucket"),
        ] as [(JSONValue, String)])
    func refusals(json: JSONValue, key: String) throws {
        let error = #expect(throws: StrictDecodingError.self) { _ = try read(json) }
        #expect(error?.problems.contains { "\($0)".contains(key) } == true)
    }
}
