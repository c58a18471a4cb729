import StrictCoding
import Testing

@Suite("JSON parser")
struct JSONParserTests {
    private func parse(_ text: String) throws(JSONSyntaxError) -> JSONValue { try JSONParser.parse(text: text) }

    private func refusal(_ bytes: [UInt8]) -> JSONSyntaxError? {
        do throws(JSONSyntaxError) {
            _ = try JSONParser.parse(bytes)
            return nil
        } catch { return error }
    }

    @Test("Every kind of value is read")
    func values() throws {
        let value = try parse(#" { "a" : [ null , true , false , -1 , 2.5 , "x" ] , "b" : { } , "c" : [ ] } "#)
        #expect(value == ["a": [nil, true, false, -1, .number(2.5), "x"], "b": [:], "c": []])
    }

    @Test(
        "Numbers are exact integers where they can be",
        arguments: [
            ("0", JSONValue.integer(0)), ("-0", .integer(0)), ("9223372036854775807", .integer(.max)),
            ("-9223372036854775808", .integer(.min)), ("9223372036854775808", .number(9_223_372_036_854_775_808)),
            ("1.0", .number(1)), ("1e3", .number(1000)), ("-1.5E-2", .number(-0.015)),
            ("5e-324", .number(.leastNonzeroMagnitude)),
        ])
    func numbers(text: String, expected: JSONValue) throws {
        #expect(try parse(text) == expected)
    }

    @Test("Escapes and every plane of Unicode are read")
    func strings() throws {
        #expect(
            try parse(#""\"\\\/\b\f\n\r\t\u0041\u00e9\ud83d\ude00\u0000""#) == .string("\"\\/\u{8}\u{c}\n\r\tAé😀\0"))
        #expect(try parse("\"aé€😀\"") == "aé€😀")
    }

    @Test(
        "What is no JSON is refused with the place",
        arguments: [
            ("", 0, "no text"), ("  ", 2, "the end of the text"), ("{", 1, "name of a member"),
            ("[1", 2, "A comma or ]"),
            ("[1,]", 3, "A value is expected"), ("{\"a\":1,}", 7, "name of a member"), ("{\"a\" 1}", 5, "colon"),
            ("{a:1}", 1, "name of a member"), ("nul", 0, "not spelled out"), ("01", 0, "zero too many"),
            ("-", 1, "digit"), ("1.", 2, "decimal point"), ("1e", 2, "exponent"), ("+1", 0, "“+”"), (".5", 0, "“.”"),
            ("NaN", 0, "“N”"), ("1 2", 2, "follows the document"), ("{}\0", 2, "0x0"), ("\"abc", 0, "does not end"),
            ("\"a\nb\"", 2, "control character 0xA"), ("\"\\x\"", 1, "no known escape"), ("\"\\u12g4\"", 1, "four hex"),
            ("\"\\ud800\"", 1, "half of a surrogate"), ("\"\\udc00x\"", 1, "half of a surrogate"),
            ("\"\\ud800\\u0041\"", 1, "half of a surrogate"), ("\"\\u12", 1, "four hex"), ("\"\\", 1, "does not end"),
            ("1e999", 0, "too large"), ("-1e999", 0, "too large"), ("{\"a\":1,\"\\u0061\":2}", 7, "“a” stands twice"),
            ("'a'", 0, "“'”"), ("// x", 0, "“/”"), ("\u{FEFF}{}", 0, "byte order mark"),
        ])
    func refusals(text: String, offset: Int, part: String) throws {
        let error = try #require(refusal(Array(text.utf8)))
        #expect(error.offset == offset)
        #expect(error.message.contains(part), "\(error)")
    }

    @Test(
        "Bytes that are no UTF-8 are refused at the first wrong one",
        arguments: [
            [0xFF], [0xC0, 0x80], [0xC3], [0xE2, 0x82], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0x80],
        ] as [[UInt8]])
    func notUTF8(wrong: [UInt8]) throws {
        let plain = try #require(refusal(Array("[\"é".utf8) + wrong + Array("\"]".utf8)))
        #expect(plain == JSONSyntaxError("A string is not UTF-8.", at: 4))
        let escaped = try #require(refusal(Array("[\"\\n".utf8) + wrong + Array("\"]".utf8)))
        #expect(escaped.message == "A string is not UTF-8.")
    }

    @Test("Fifty thousand nested brackets get a clear answer", arguments: ["[", "{\"a\":"])
    func nesting(opening: String) throws {
        let error = try #require(refusal(Array(String(repeating: opening, count: 50_000).utf8)))
        #expect(error.message == "Arrays and objects stand more than 64 levels deep in each other.")
        #expect(error.offset == 64 * opening.utf8.count)
    }

    @Test("Sixty-four levels are read")
    func deepest() throws {
        let text = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
        #expect(JSONWriter.text(of: try parse(text)) == text)
    }

    @Test("An absurdly long number is refused by its length", arguments: ["", "-", "0.", "1e"])
    func longNumber(start: String) throws {
        let error = try #require(refusal(Array((start + String(repeating: "1", count: 100_000)).utf8)))
        #expect(error.message.contains("characters; at most 64 are read"))
    }

    @Test("A duplicate is found among thousands of members, and canonically equal names are different members")
    func manyMembers() throws {
        let members = (0..<5000).map { "\"m\($0)\":\($0)" }.joined(separator: ",")
        #expect(try parse("{\(members)}").object?.members.count == 5000)
        let error = try #require(refusal(Array("{\(members),\"m77\":1}".utf8)))
        #expect(error.message == "The member “m77” stands twice in one object.")
        #expect(try parse("{\"e\\u0301\":1,\"\\u00e9\":2}").object?.members.count == 2)
    }
}
