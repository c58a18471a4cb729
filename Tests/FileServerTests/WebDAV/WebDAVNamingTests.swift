import Testing

@testable import StorageDrivers

@Suite("Names on WebDAV servers that do not keep every one")
struct WebDAVNamingTests {
    private let cautious = WebDAVNaming(isCautious: true)

    static let rows: [(name: String, written: String)] = [
        ("a.bin", "a.bin"), (".stowage.json", "%2Estowage.json"), ("...", "%2E.."), ("a;b?c", "a%3Bb%3Fc"),
        ("100%", "100%"), ("a%b", "a%b"), ("%2", "%2"), ("%2F", "%2F"), ("%2Estowage", "%252Estowage"),
        ("a%3Bb", "a%253Bb"), ("%25", "%2525"), ("%252E", "%25252E"), ("%2;", "%2%3B"), ("%?", "%%3F"),
        ("%2e", "%2e"), ("ü;", "ü%3B"), (";", "%3B"),
    ]

    @Test("are written so that they are kept, and read as they were", arguments: rows)
    func written(row: (name: String, written: String)) {
        #expect(cautious.written(row.name) == row.written)
        #expect(cautious.read(row.written) == row.name)
        #expect(cautious.written("x/\(row.name)/y") == "x/\(row.written)/y")
    }

    @Test(
        "that nobody could ask for by what they would read as are left out",
        arguments: ["%25zz", ".hidden", "a;b", "a%2Eb", "%2Estowage?"])
    func foreign(name: String) {
        #expect(cautious.read(name) == nil)
    }

    @Test("are left as they are on all other servers", arguments: [".a;b?", "%2E", ""])
    func plain(name: String) {
        #expect(WebDAVNaming().written(name) == name && WebDAVNaming().read(name) == name)
    }

    @Test("never become one of two")
    func injective() {
        let parts = [".", ";", "?", "%", "2", "5", "3", "E", "B", "F"]
        var names = [""]
        var seen: [String: String] = [:]
        for _ in 0..<4 {
            names = names.flatMap { name in parts.map { name + $0 } }
            for name in names {
                let written = cautious.written(name)
                #expect(seen.updateValue(name, forKey: written) == nil, "\(name)")
                #expect(cautious.read(written) == name, "\(name)")
            }
        }
    }
}
