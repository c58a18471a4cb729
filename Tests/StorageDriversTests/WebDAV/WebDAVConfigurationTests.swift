import ServiceRuntime
import StrictCoding
import Testing
import Transfer

@testable import StorageDrivers

@Suite("Configuration of WebDAV drivers")
struct WebDAVConfigurationTests {
    private func read(_ json: JSONValue) throws -> WebDAVConfiguration {
        try StrictDecoder(path: "drivers.a").decode(WebDAVConfiguration.self, from: json)
    }

    @Test("a URL is enough")
    func least() throws {
        let configuration = try read(["url": "https://files.example.org"])
        let address = try WebDAVAddress(configuration.url)
        #expect(address.origin == "https://files.example.org" && address.base == "/" && address.isSecure)
        #expect(address.target("") == "/" && address.target("a", isFolder: true) == "/a/")
    }

    @Test(
        "paths go onto the wire so that they arrive",
        arguments: [
            (
                "http://h:8080/dav/x%20y", "a b/ü+c%20'\"#?[]~-.txt",
                "/dav/x%20y/a%20b/%C3%BC%2Bc%2520%27%22%23%3F%5B%5D~-.txt"
            ),
            ("http://h//dav//", "a", "/dav/a"),
            ("http://[::1]:81/dav", "-a;&=@:$", "/dav/-a%3B%26%3D%40%3A%24"),
        ])
    func wire(url: String, path: String, target: String) throws {
        let address = try WebDAVAddress(url)
        #expect(address.target(path) == target)
        #expect(try address.url(target).path == target)
    }

    @Test("a password and a token are secrets, and only one of them is used")
    func secrets() throws {
        let configuration = try read(["url": "https://h/", "user": "ü", "password": "geheim"])
        #expect(!"\(configuration)".contains("geheim"))
        #expect(try read(["url": "https://h/", "bearerToken": "t"]).bearerToken?.exposed == "t")
    }

    @Test(
        "what cannot be used is refused, by its name",
        arguments: [
            (["url": "ftp://h/"], "url"), (["url": "h"], "url"), (["url": "https://u:p@h/"], "url"),
            (["url": "https://h/?a"], "url"), (["url": "https://h/#a"], "url"), (["url": "https://h/a/../b"], "url"),
            (["url": "https://h/ä"], "url"),
            (["url": "https://h/", "user": "u"], "password"), (["url": "https://h/", "password": "p"], "user"),
            (["url": "https://h/", "user": "a:b", "password": "p"], "user"),
            (["url": "https://h/", "user": "a\n", "password": "p"], "user"),
            (["url": "https://h/", "user": "a", "password": "p\r\nX: y"], "password"),
            (["url": "https://h/", "bearerToken": "a b"], "bearerToken"),
            (["url": "https://h/", "user": "u", "password": "p", "bearerToken": "t"], "bearerToken"),
            (["url": "https://h/", "token": "t"], "token"),
        ] as [(JSONValue, String)])
    func refused(json: JSONValue, key: String) throws {
        let error = try #require(throws: StrictDecodingError.self) { _ = try read(json) }
        #expect(error.problems.contains { "\($0)".contains(key) }, "\(error)")
        #expect(!"\(error)".contains("u:p@"))
    }
}
