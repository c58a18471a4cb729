import StrictCoding
import Testing

@Suite("JSON writer")
struct JSONWriterTests {
    @Test("What is written is read back as the same tree")
    func roundTrip() throws {
        let value: JSONValue = [
            "text": .string("\"\\/\u{8}\u{c}\n\r\t\u{1}\u{1f}\u{7f}\u{2028}é😀"), "list": [nil, true, false, [], [:]],
            "integers": [0, -1, .integer(.max), .integer(.min)],
            "numbers": [
                .number(0.1), .number(1e21), .number(.leastNonzeroMagnitude), .number(-1.0),
                .number(.greatestFiniteMagnitude),
            ],
        ]
        #expect(try JSONParser.parse(JSONWriter.bytes(of: value)) == value)
        #expect(try JSONParser.parse(JSONWriter.bytes(of: value, layout: .pretty)) == value)
    }

    @Test("Compact text has no space")
    func compact() {
        let value: JSONValue = ["a": [1, .integer(-20), "x\n\u{1}"], "b": nil]
        #expect(JSONWriter.text(of: value) == #"{"a":[1,-20,"x\n\u0001"],"b":null}"#)
    }

    @Test("Text for people has one member on a line")
    func pretty() {
        let value: JSONValue = ["a": [1, 2], "b": [:], "c": []]
        #expect(
            JSONWriter.text(of: value, layout: .pretty)
                == "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": {},\n  \"c\": []\n}")
    }

    @Test("What JSON cannot express becomes null")
    func notFinite() {
        #expect(JSONWriter.text(of: [.number(.nan), .number(.infinity)]) == "[null,null]")
    }
}
