import StrictCoding
import Testing

@testable import ServiceRuntime

@Suite("YAMLDocument")
struct YAMLDocumentTests {
    func parse(_ text: String) throws(ConfigurationError) -> ConfigurationDocument {
        try YAMLDocument.parse(Array(text.utf8), file: "f.yaml")
    }

    func problems(_ text: String) -> [String] {
        do throws(ConfigurationError) {
            _ = try parse(text)
            return []
        } catch {
            return error.description.split(separator: "\n").map(String.init)
        }
    }

    @Test(
        "Plain scalars follow the core schema of YAML 1.2",
        arguments: [
            ("", .null), ("~", .null), ("null", .null), ("true", true), ("False", false), ("yes", "yes"), ("no", "no"),
            ("on", "on"), ("y", "y"), ("0", 0), ("-7", -7), ("+7", 7), ("0o750", 0o750), ("0x1F", 31), ("0o8", "0o8"),
            ("0x", "0x"), ("0o-7", "0o-7"), ("12:30", "12:30"), ("1_000", "1_000"), ("5s", "5s"), ("1.5", .number(1.5)),
            (".5", .number(0.5)), ("5.", .number(5)), ("-1e3", .number(-1000)), ("1e", "1e"), (".", "."), ("-", "-"),
            (".inf", ".inf"), (".nan", ".nan"), ("inf", "inf"), ("nan", "nan"), ("1e999", "1e999"),
            ("9223372036854775807", .integer(.max)), ("9223372036854775808", .number(9_223_372_036_854_775_808)),
            ("2026-11-20", "2026-11-20"), ("127.0.0.1:9464", "127.0.0.1:9464"),
        ] as [(String, JSONValue)])
    func scalars(text: String, expected: JSONValue) {
        #expect(try! YAMLScalar.value(of: text).get() == expected)
    }

    @Test("Quoted and block scalars stay texts", arguments: ["'7'", "\"7\"", "|-\n  7", ">-\n  7"])
    func quoted(_ text: String) throws {
        #expect(try parse("a: \(text)\n").value == ["a": "7"])
    }

    @Test("Flow and block collections give the same tree, members in order")
    func collections() throws {
        let tree = try parse("b: [1, x, {c: null}]\na:\n  - 1\n  - d: []\n").value
        #expect(tree == ["b": [1, "x", ["c": nil]], "a": [1, ["d": []]]])
        #expect(tree.object?.members.map(\.name) == ["b", "a"])
    }

    @Test("An empty file is empty, not wrong", arguments: ["", "# nothing\n", "---\n", "{}"])
    func empty(_ text: String) throws {
        #expect(try parse(text).value.object?.members.isEmpty ?? true)
    }

    @Test("Lines are kept for keys, elements and what is missing below them")
    func lines() throws {
        let document = try parse("broker:\n  url: x\n\ndrivers:\n  a:\n    fallbacks:\n      - b\n      - c\n")
        let expected = [
            "broker": 1, "broker.url": 2, "drivers.a": 5, "drivers.a.fallbacks": 6, "drivers.a.fallbacks[1]": 8,
            "drivers.a.type": 5, "drivers.a.fallbacks[1].x": 8, "nowhere": 1,
        ]
        for (path, line) in expected { #expect(document.line(of: path) == line, "\(path)") }
    }

    @Test(
        "What is refused says where and why",
        arguments: [
            ("a: 1\nb: 2\na: 3\n", "f.yaml:3: a stands twice; the first is in line 1"),
            ("a: &x 1\n", "f.yaml:1: a has an anchor (&…), which is not supported; repeat the value"),
            ("a: !!str 1\n", "f.yaml:1: a has a tag (!…), which is not supported; quote what shall be a text"),
            ("a: !include x\n", "f.yaml:1: a has a tag (!…), which is not supported; quote what shall be a text"),
            ("m: 0755\n", "f.yaml:1: m is a number with a leading zero: write 0o… for octal, or quote it as a text"),
            ("- 1\n", "f.yaml:1: must be a mapping of keys to values"),
            ("text", "f.yaml:1: must be a mapping of keys to values"),
            ("a: 1\n---\nb: 2\n", "f.yaml:2: has a second document; only one is allowed"),
            ("? [a]\n: 1\n", "f.yaml:1: has a key that is no text"),
            ("a: [1\n", "f.yaml:2: is no YAML: did not find expected ',' or ']' (while parsing a flow sequence)"),
            (
                "a:\n\t- 1\n",
                "f.yaml:2: is no YAML: found character that cannot start any token (while scanning for the next token)"
            ),
        ])
    func refusals(text: String, expected: String) {
        #expect(problems(text) == [expected])
    }

    @Test("Aliases and merge keys are refused, all at once")
    func aliases() {
        let found = problems("a: &x {k: 1}\nb:\n  <<: *x\nc: *x\n")
        #expect(found.map { $0.prefix(9) } == ["f.yaml:1:", "f.yaml:3:", "f.yaml:3:", "f.yaml:4:"])
    }

    @Test("Names that differ only in normalisation are different names")
    func normalisation() throws {
        #expect(try parse("\u{E9}: 1\ne\u{301}: 2\n").value.object?.members.count == 2)
    }

    @Test("A bomb of aliases does not explode")
    func bomb() {
        var text = "a: &a [x, x]\n"
        for (name, previous) in zip("bcdefghi", "abcdefgh") {
            text += "\(name): &\(name) [\(Array(repeating: "*\(previous)", count: 9).joined(separator: ", "))]\n"
        }
        #expect(problems(text).count > 8)
    }

    @Test("Depth and size are bounded", arguments: ["[", "{a: ", "- ", "? "])
    func bounds(_ opening: String) {
        let deep = problems("a: " + String(repeating: opening, count: 50_000))
        #expect(deep.count == 1)
        #expect(
            problems("a: [\(String(repeating: "x, ", count: 400_000))]") == ["f.yaml: is larger than 1048576 bytes"])
    }

    @Test("Thirty levels are read")
    func deepEnough() throws {
        let text = "a: " + String(repeating: "[", count: 30) + String(repeating: "]", count: 30)
        #expect(try parse(text).value["a"] != nil)
        let tooDeep = "a: " + String(repeating: "[", count: 32) + String(repeating: "]", count: 32)
        #expect(problems(tooDeep) == ["f.yaml:1: is nested deeper than 32 levels"])
    }

    @Test("What is no UTF-8 is refused")
    func encoding() {
        #expect(throws: ConfigurationError.self) { try YAMLDocument.parse([0x61, 0x3A, 0x20, 0xFF], file: "f") }
        #expect(throws: ConfigurationError.self) { try YAMLDocument.parse([0xFF, 0xFE, 0x61, 0x00], file: "f") }
    }
}
