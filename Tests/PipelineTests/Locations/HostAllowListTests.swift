import ServiceRuntime
import Testing
import Transfer

@testable import Pipeline

@Suite("Hosts that tasks may name")
struct HostAllowListTests {
    private func list(_ texts: String...) throws -> HostAllowList {
        HostAllowList(try texts.map { try HostAllowList.Entry.read($0).get() })
    }

    @Test(
        "an entry allows what it says and nothing that only looks like it",
        arguments: [
            ("files.example.org", "https://files.example.org/", true),
            ("FILES.example.ORG.", "https://files.example.org/", true),
            ("files.example.org", "https://FILES.Example.org./", true),
            ("files.example.org", "https://files.example.org:8443/", true),
            ("files.example.org:8443", "https://files.example.org:8443/", true),
            ("files.example.org:8443", "https://files.example.org/", false),
            ("files.example.org:443", "https://files.example.org/", true),
            ("files.example.org:443", "http://files.example.org/", false),
            ("example.com", "http://evilexample.com/", false), ("example.com", "http://example.com.evil.org/", false),
            ("example.com", "http://a.example.com/", false), ("example.com", "http://example.co/", false),
            ("example.com", "http://example.com../", false),
            ("*.example.com", "http://a.example.com/", true), ("*.example.com", "http://a.b.example.com./", true),
            ("*.example.com", "http://example.com/", false), ("*.example.com", "http://evilexample.com/", false),
            ("*.example.com", "http://example.com.evil.org/", false),
            ("*.example.com:80", "http://a.example.com/", true),
            ("*.example.com:80", "https://a.example.com/", false),
            ("10.0.0.7", "http://10.0.0.7/", true), ("10.0.0.7", "http://10.0.0.8/", false),
            ("10.0.0.7:8080", "http://10.0.0.7:8080/", true), ("10.0.0.7:8080", "http://10.0.0.7/", false),
            ("10.0.0.0/8", "http://10.255.0.1:99/", true), ("10.0.0.0/8", "http://11.0.0.1/", false),
            ("10.0.0.0/8", "http://name.example.org/", false), ("127.0.0.1", "http://0x7f.1/", true),
            ("[fd00::7]:8080", "http://[fd00:0::7]:8080/", true), ("[fd00::7]:8080", "http://[fd00::7]/", false),
            ("fd00::/8", "http://[fdff::1]/", true), ("fd00::7", "http://[fd00::8]/", false),
            ("[fd00::7]", "http://[fd00::7]:1/", true),
            // One address, however it is written.
            ("10.0.0.7", "http://[::ffff:10.0.0.7]/", true), ("::ffff:10.0.0.0/104", "http://10.1.2.3/", true),
            ("203.0.113.0/25", "http://203.0.113.127/", true), ("203.0.113.0/25", "http://203.0.113.128/", false),
        ])
    func allows(entry: String, url: String, isAllowed: Bool) throws {
        let url = try TransferURL(url)
        #expect(try list(entry).allows(host: url.host, port: url.port) == isAllowed)
    }

    @Test("an empty list allows nothing, and any of several entries is enough")
    func several() throws {
        #expect(!HostAllowList().allows(host: "files.example.org", port: 443))
        let both = try list("a.example.org", "*.b.example.org")
        #expect(both.allows(host: "x.b.example.org", port: 1) && both.allows(host: "a.example.org", port: 1))
        #expect(!both.allows(host: "x.a.example.org", port: 1))
    }

    @Test(
        "what is no entry is refused",
        arguments: [
            "", "*", "*.", ".example.org", "example..org", "https://example.org", "example.org/path", "exa mple.org",
            "a*.example.org", "example.*", "-a.org", "a-.org", "user@example.org", "example.org:", "example.org:0",
            "example.org:65536", "example.org:http", "example.org:+80", "10.0.0.7/", "10.0.0.0/33", "10.0.0.1/8",
            "10.0.0.0/08",
            "10.0.0.0/-1", "10.0.0.0/8:80", "127.1", "0x7f.0.0.1", "010.0.0.1", "300.0.0.1", "[fd00::7", "[10.0.0.1]x",
            "[fd00::7]:", "[fd00::/8]", "fd00::1/8", "fd00::7%eth0", "ex\u{e4}mple.org", "a\u{0}b",
            String(repeating: "a", count: 64) + ".org",
        ])
    func refused(text: String) throws {
        #expect(throws: ConfigurationSection.Unfit.self) { try HostAllowList.Entry.read(text).get() }
    }

    @Test("a name that is listed reaches public addresses; others must be listed as addresses, with their port")
    func connections() throws {
        let names = try list("files.example.org")
        #expect(names.allowsConnection(to: [93, 184, 216, 34], port: 80))
        #expect(!names.allowsConnection(to: [10, 0, 0, 7], port: 80))
        let addresses = try list("files.example.org", "10.0.0.0/24", "127.0.0.1:8080", "::1")
        #expect(addresses.allowsConnection(to: [10, 0, 0, 7], port: 80))
        #expect(!addresses.allowsConnection(to: [10, 0, 1, 7], port: 80))
        #expect(addresses.allowsConnection(to: [127, 0, 0, 1], port: 8080))
        #expect(!addresses.allowsConnection(to: [127, 0, 0, 1], port: 22))
        #expect(addresses.allowsConnection(to: [UInt8](repeating: 0, count: 15) + [1], port: 5))
    }
}
