import Testing
import XML

private func parse(_ text: String, bytes: Int = 1 << 20, depth: Int = 64, elements: Int = 200_000) throws -> XMLElement
{
    try XMLElement(
        parsing: Array(text.utf8), limits: XMLLimits(bytes: bytes, depth: depth, elements: elements))
}

@Suite("Reading XML")
struct XMLParsingTests {
    @Test("a listing of S3")
    func listing() throws {
        let root = try parse(
            """
            <?xml version="1.0" encoding="UTF-8"?>
            <ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
              <Name>archive</Name><Prefix/><KeyCount>2</KeyCount><IsTruncated>false</IsTruncated>
              <Contents><Key>a &amp; b/ü&#x1F4BE;</Key><ETag>&quot;d41d&quot;</ETag><Size>0</Size></Contents>
              <Contents><Key>c</Key><Owner><ID>1</ID></Owner></Contents>
            </ListBucketResult>
            """)
        #expect(root.isNamed("ListBucketResult", in: "http://s3.amazonaws.com/doc/2006-03-01/"))
        #expect(root["Name"]?.text == "archive")
        #expect(root["Prefix"]?.text == "")
        #expect(root["Nothing"] == nil)
        #expect(root.all("Contents").map { $0["Key"]?.text } == ["a & b/ü\u{1F4BE}", "c"])
        #expect(root["Contents"]?["ETag"]?.text == "\"d41d\"")
        #expect(root.all("Contents").last?["Owner"]?["ID"]?.text == "1")
        #expect(root["Contents"]?.namespace == root.namespace)
    }

    @Test("names are told apart by namespace, whatever their prefixes are")
    func namespaces() throws {
        let root = try parse(
            """
            <d:multistatus xmlns:d="DAV:" xmlns:x="urn:x"><d:response><href xmlns="DAV:">/a</href></d:response>\
            <x:response/><response/><y:response xmlns:y="DAV:">2</y:response></d:multistatus>
            """)
        #expect(root.isNamed("multistatus", in: "DAV:"))
        #expect(root.all("response").map(\.namespace) == ["DAV:", "urn:x", nil, "DAV:"])
        #expect(root.all("response", in: "DAV:").count == 2)
        #expect(root["response", in: "urn:x"] != nil)
        #expect(root["response", in: nil]?.namespace == nil)
        #expect(root["response", in: "dav:"] == nil)
        #expect(root["response"]?["href", in: "DAV:"]?.text == "/a")
    }

    @Test(
        "text is what stands in the element itself",
        arguments: [
            ("<a><![CDATA[<b>&amp;]]></a>", "<b>&amp;"),
            ("<a>1<!-- no -->2<?no?>3</a>", "123"),
            ("<a>1<b>no</b>2</a>", "12"),
            ("<a> \t\r\nx\r\n </a>", " \t\nx\n "),
            ("<a>&lt;&gt;&amp;&apos;&quot;&#65;&#x42;</a>", "<>&'\"AB"),
            ("<a>&#13;&#10;</a>", "\r\n"),
            ("<a b='1' xml:lang='de'>x</a>", "x"),
            ("\u{FEFF}<a>x</a>", "x"),
            ("<?xml version='1.0' encoding='ISO-8859-1'?><a>x</a>", "x"),
            ("<a>x</a>\n<!-- end -->\n", "x"),
        ])
    func text(document: String, text: String) throws {
        let read = try parse(document)
        #expect(Array(read.text.utf8) == Array(text.utf8))
    }

    @Test("a document in UTF-16 is one too")
    func utf16() throws {
        var bytes: [UInt8] = [0xFF, 0xFE]
        for unit in "<a>ü\u{1F4BE}</a>".utf16 { bytes += [UInt8(unit & 0xFF), UInt8(unit >> 8)] }
        #expect(try XMLElement(parsing: bytes, limits: XMLLimits(bytes: 100)).text == "ü\u{1F4BE}")
    }

    @Test(
        "what is no XML is refused, with its line",
        arguments: [
            ("", nil), (" ", 1), ("\n\nx", 1), ("<", 1), ("<a>", 1), ("<a>\n<b></a>", 2), ("<a></b>", 1),
            ("<a/><b/>", 1), ("<a/>x", 1), ("<a>&nbsp;</a>", 1), ("<a>&#0;</a>", 1), ("<a>&#xFFFF;</a>", 1),
            ("<a b=1/>", 1), ("<a b='1' b='2'/>", 1), ("<x:a/>", 1), ("<a>\u{1}</a>", 1), ("<a>\0</a>", 1),
            ("<a/>\0<!--", 1), ("<a><![CDATA[", 1), ("<1/>", 1), ("<a>]]></a>", 1), ("<a>--<!-- -- --></a>", 1),
            ("<?xml version='1.0' encoding='no-such'?><a/>", 1), ("{\"a\": 1}", 1), ("<a>&b", 1),
            ("<html><p>Bad Gateway<br></html>", 1),
        ] as [(String, Int?)])
    func malformed(document: String, line: Int?) {
        #expect { try parse(document) } throws: { error in
            let error = error as? XMLError
            return error?.kind == .malformed && (line == nil || error?.line == line)
        }
    }

    @Test("bytes that are no UTF-8 are refused", arguments: [[0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xC0, 0x80]])
    func encoding(bytes: [UInt8]) {
        let document = Array("<a>".utf8) + bytes + Array("</a>".utf8)
        #expect { try XMLElement(parsing: document, limits: XMLLimits(bytes: 100)) } throws: {
            ($0 as? XMLError)?.kind == .malformed
        }
    }

    @Test("every document that ends early is refused")
    func truncated() throws {
        let whole = "<?xml version=\"1.0\"?><a xmlns='u'><b>&amp;ü</b><!-- c --><![CDATA[d]]></a>"
        #expect(try parse(whole).children.count == 1)
        for count in 0..<whole.utf8.count {
            let document = Array(whole.utf8.prefix(count))
            #expect(throws: XMLError.self) { try XMLElement(parsing: document, limits: XMLLimits(bytes: 1000)) }
        }
    }
}

@Suite("XML of somebody who means harm")
struct HostileXMLTests {
    @Test(
        "a document type declaration is refused where it begins",
        arguments: [
            "<!DOCTYPE a><a/>",
            "<?xml version='1.0'?>\n<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
            "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
            "<!DOCTYPE a SYSTEM 'http://127.0.0.1:9/a.dtd'><a/>",
            "<!DOCTYPE a PUBLIC '-//W3C//DTD XHTML 1.0//EN' 'http://127.0.0.1:9/a.dtd'><a/>",
            "<!DOCTYPE a [<!ENTITY % b SYSTEM 'http://127.0.0.1:9/'> %b;]><a/>",
            """
            <!DOCTYPE a [<!ENTITY l0 'lol'><!ENTITY l1 '&l0;&l0;&l0;&l0;&l0;&l0;&l0;&l0;&l0;&l0;'>
            <!ENTITY l2 '&l1;&l1;&l1;&l1;&l1;&l1;&l1;&l1;&l1;&l1;'><!ENTITY l3 '&l2;&l2;&l2;&l2;&l2;&l2;&l2;&l2;&l2;&l2;'>
            <!ENTITY l4 '&l3;&l3;&l3;&l3;&l3;&l3;&l3;&l3;&l3;&l3;'><!ENTITY l5 '&l4;&l4;&l4;&l4;&l4;&l4;&l4;&l4;&l4;&l4;'>
            <!ENTITY l6 '&l5;&l5;&l5;&l5;&l5;&l5;&l5;&l5;&l5;&l5;'><!ENTITY l7 '&l6;&l6;&l6;&l6;&l6;&l6;&l6;&l6;&l6;&l6;'>
            <!ENTITY l8 '&l7;&l7;&l7;&l7;&l7;&l7;&l7;&l7;&l7;&l7;'>]><a b='&l8;'>&l8;</a>
            """,
        ])
    func doctype(document: String) {
        #expect { try parse(document) } throws: { ($0 as? XMLError)?.kind == .doctypeRefused }
    }

    @Test("depth, elements and bytes have limits that hold to the element and byte")
    func limits() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "<a>", count: depth) + String(repeating: "</a>", count: depth)
        }
        func wide(_ count: Int) -> String { "<a>" + String(repeating: "<b/>", count: count - 1) + "</a>" }
        let isTooLarge = { (error: any Error) in (error as? XMLError)?.kind == .tooLarge }
        #expect(throws: Never.self) { try parse(nested(64)) }
        #expect(performing: { try parse(nested(65)) }, throws: isTooLarge)
        #expect(performing: { try parse(nested(100_000)) }, throws: isTooLarge)
        #expect(performing: { try parse(String(repeating: "<a>", count: 250_000)) }, throws: isTooLarge)
        #expect(try parse(wide(10), elements: 10).children.count == 9)
        #expect(performing: { try parse(wide(11), elements: 10) }, throws: isTooLarge)
        #expect(XMLLimits(bytes: 1) == XMLLimits(bytes: 1, depth: 64, elements: 200_000))
        #expect(throws: Never.self) { try parse("<a>1234</a>", bytes: 11) }
        #expect(performing: { try parse("<a>12345</a>", bytes: 11) }, throws: isTooLarge)
    }

    @Test("many tasks read at once")
    func together() async throws {
        let counts = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 1...50 {
                group.addTask {
                    _ = try? parse("<a><b></a>")
                    return try parse("<a>\(String(repeating: "<b>x</b>", count: number))</a>").children.count
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(counts.sorted() == Array(1...50))
    }
}
