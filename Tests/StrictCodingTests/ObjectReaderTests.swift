import StrictCoding
import Testing

@Suite("Object reader")
struct ObjectReaderTests {
    private func reader(_ text: String, path: String = "data") throws -> ObjectReader {
        try ObjectReader(JSONParser.parse(text: text), path: path)
    }

    private func problem(_ body: () throws(MemberProblem) -> Void) -> String? {
        do throws(MemberProblem) {
            try body()
            return nil
        } catch { return error.description }
    }

    @Test("Members are read by type, and null is absent")
    func types() throws {
        var reader = try reader(#"{"s":"x","i":3,"b":true,"a":[1],"o":{"p":1},"n":null}"#)
        #expect(try reader.string("s") == "x")
        #expect(try reader.integer("i", in: 1...3) == 3)
        #expect(try reader.bool("b") == true)
        #expect(try reader.array("a") == [1])
        #expect(try reader.reader("o")?.path == "data.o")
        #expect(try reader.string("n") == nil)
        #expect(try reader.string("absent") == nil)
        try reader.finish()
    }

    @Test("A wrong type names the path and both types")
    func wrongType() throws {
        var reader = try reader(#"{"size":"12","n":1.0}"#)
        #expect(
            problem { () throws(MemberProblem) in _ = try reader.integer("size") }
                == "data.size must be an integer, not a string")
        #expect(
            problem { () throws(MemberProblem) in _ = try reader.integer("n") }
                == "data.n must be an integer, not a number that is no 64-bit integer")
    }

    @Test("An integer out of range names the range")
    func range() throws {
        var reader = try reader(#"{"limit":1001}"#)
        #expect(
            problem { () throws(MemberProblem) in _ = try reader.integer("limit", in: 1...1000) }
                == "data.limit must be between 1 and 1000, not 1001")
    }

    @Test("An unknown member is refused with the nearest known name")
    func unknown() throws {
        var reader = try reader(#"{"metdata":{},"name":"x"}"#)
        _ = try reader.string("name")
        _ = try reader.object("metadata")
        #expect(
            problem { () throws(MemberProblem) in try reader.finish() }
                == "data.metdata is not known here; did you mean metadata?")
    }

    @Test("A missing member is looked for under a similar name")
    func missing() throws {
        var reader = try reader(#"{"nmae":"x"}"#)
        let name = try reader.string("name")
        #expect(
            problem { () throws(MemberProblem) in _ = try reader.require("name", name) }
                == "data.name is missing; did you mean it by data.nmae?")
    }

    @Test("A foreign name is escaped and cut in the message")
    func foreignName() throws {
        let name = "a\u{1b}[2J" + String(repeating: "x", count: 500)
        let reader = try ObjectReader(.object(JSONObject([.init(name, 1)])))
        let text = try #require(problem { () throws(MemberProblem) in try reader.finish() })
        #expect(text.utf8.count < 120 && text.contains("\\u{1b}"))
    }

    @Test(
        "The nearest name forgives a typing error and nothing more",
        arguments: [
            ("nmae", "name"), ("Name", "name"), ("media_type", "mediaType"), ("mediatyp", "mediaType"), ("foo", nil),
            ("x", nil), ("removeSrc", "removeSource"),
        ] as [(String, String?)])
    func nearest(text: String, expected: String?) {
        #expect(NearestName.of(text, among: ["name", "path", "mediaType", "removeSource"]) == expected)
    }
}
