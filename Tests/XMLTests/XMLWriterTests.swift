import Testing
import XML

@Suite("Writing XML")
struct XMLWriterTests {
    @Test("the parts of an upload")
    func parts() throws {
        let bytes = try XMLWriter.document(
            "CompleteMultipartUpload", namespace: "http://s3.amazonaws.com/doc/2006-03-01/"
        ) { writer throws(XMLError) in
            for number in 1...2 {
                try writer.element("Part") { writer throws(XMLError) in
                    try writer.element("PartNumber", "\(number)")
                    try writer.element("ETag", "\"e\(number)\"")
                }
            }
        }
        #expect(
            String(decoding: bytes, as: UTF8.self) == """
                <?xml version="1.0" encoding="UTF-8"?>
                <CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">\
                <Part><PartNumber>1</PartNumber><ETag>&quot;e1&quot;</ETag></Part>\
                <Part><PartNumber>2</PartNumber><ETag>&quot;e2&quot;</ETag></Part></CompleteMultipartUpload>
                """)
    }

    @Test(
        "what is written is read as it was meant",
        arguments: [
            "", "a", "<&>\"'", "]]>", "a\r\nb\tc\r", "  ", "ü\u{1F4BE}\u{85}\u{2028}", "&amp;", "<![CDATA[x]]>",
            "\u{7F}",
        ])
    func roundTrip(text: String) throws {
        let bytes = try XMLWriter.document("a") { writer throws(XMLError) in
            try writer.element("b", text, attributes: [("c", text)])
            try writer.element("d")
        }
        let read = try XMLElement(parsing: bytes, limits: XMLLimits(bytes: 1000))
        #expect(Array((read["b"]?.text ?? "none").utf8) == Array(text.utf8))
        #expect(read["d"]?.text == "")
    }

    @Test("prefixes name the namespaces of their elements")
    func prefixes() throws {
        let bytes = try XMLWriter.document("D:propfind", prefixes: [("D", "DAV:")]) { writer throws(XMLError) in
            try writer.element("D:prop") { writer throws(XMLError) in try writer.element("D:getetag") }
        }
        let read = try XMLElement(parsing: bytes, limits: XMLLimits(bytes: 1000))
        #expect(read["prop", in: "DAV:"]?["getetag", in: "DAV:"] != nil)
    }

    @Test(
        "characters that XML cannot carry are refused", arguments: ["\0", "a\u{1}", "\u{1F}", "\u{FFFE}", "\u{FFFF}"])
    func unwritable(text: String) {
        #expect(throws: XMLError(.unwritable, "the text has a character that XML cannot carry")) {
            try XMLWriter.document("a") { writer throws(XMLError) in try writer.element("b", text) }
        }
    }

    @Test("names are names", arguments: ["", "a b", "<a", "1a", "a:b:c", ":a", "a:", "ü", "-a", "a>"])
    func names(name: String) {
        #expect(throws: XMLError(.unwritable, "no name of an element")) {
            try XMLWriter.document(name) { _ in }
        }
    }
}
