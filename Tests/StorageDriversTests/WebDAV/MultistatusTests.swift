import Storage
import StowageContract
import Testing

@testable import StorageDrivers

/// What the servers have really answered, as far as it differs.
@Suite("Answers about resources")
struct MultistatusTests {
    private static let now = Timestamp(millisecondsSinceEpoch: 1_795_297_162_000)

    struct Row: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var target: String
        var document: String
        /// Names with sizes; -1: a folder.
        var members: [String: Int64]
    }

    static let rows = [
        Row(
            testDescription: "Apache", target: "/dav/f/",
            document: """
                <?xml version="1.0" encoding="utf-8"?>
                <D:multistatus xmlns:D="DAV:" xmlns:ns0="DAV:">
                <D:response xmlns:lp1="DAV:" xmlns:lp2="http://apache.org/dav/props/" xmlns:g0="DAV:">
                <D:href>/dav/f/</D:href>
                <D:propstat>
                <D:prop>
                <lp1:resourcetype><D:collection/></lp1:resourcetype>
                <lp1:getlastmodified>Sat, 21 Nov 2026 21:39:14 GMT</lp1:getlastmodified>
                </D:prop>
                <D:status>HTTP/1.1 200 OK</D:status>
                </D:propstat>
                <D:propstat>
                <D:prop>
                <g0:getcontentlength/>
                <g0:quota-available-bytes/>
                </D:prop>
                <D:status>HTTP/1.1 404 Not Found</D:status>
                </D:propstat>
                </D:response>
                <D:response xmlns:lp1="DAV:" xmlns:lp2="http://apache.org/dav/props/" xmlns:g0="DAV:">
                <D:href>/dav/f/b%20%25%23%5b'%22%c3%bc+&amp;=;@.txt</D:href>
                <D:propstat>
                <D:prop>
                <lp1:resourcetype/>
                <lp1:getcontentlength>3</lp1:getcontentlength>
                <lp1:getlastmodified>Sat, 21 Nov 2026 21:39:14 GMT</lp1:getlastmodified>
                </D:prop>
                <D:status>HTTP/1.1 200 OK</D:status>
                </D:propstat>
                </D:response>
                <D:response xmlns:lp1="DAV:">
                <D:href>/dav/f/inner/</D:href>
                <D:propstat>
                <D:prop><lp1:resourcetype><D:collection/></lp1:resourcetype></D:prop>
                <D:status>HTTP/1.1 200 OK</D:status>
                </D:propstat>
                </D:response>
                </D:multistatus>
                """, members: ["b %#['\"ü+&=;@.txt": 3, "inner": -1]),
        Row(
            testDescription: "nginx dav-ext", target: "/f/",
            document: """
                <?xml version="1.0" encoding="utf-8" ?>
                <D:multistatus xmlns:D="DAV:">
                <D:response>
                <D:href>/f/</D:href>
                <D:propstat>
                <D:prop>
                <D:getlastmodified>Sat, 21 Nov 2026 21:39:15 GMT</D:getlastmodified>
                <D:resourcetype><D:collection/></D:resourcetype>
                </D:prop>
                <D:status>HTTP/1.1 200 OK</D:status>
                </D:propstat>
                </D:response>
                <D:response>
                <D:href>/f/b%20%25%23['%22%C3%BC+&amp;=;@.txt</D:href>
                <D:propstat>
                <D:prop>
                <D:getcontentlength>3</D:getcontentlength>
                <D:resourcetype></D:resourcetype>
                </D:prop>
                <D:status>HTTP/1.1 200 OK</D:status>
                </D:propstat>
                </D:response>
                </D:multistatus>
                """, members: ["b %#['\"ü+&=;@.txt": 3]),
        Row(
            testDescription: "sabre/dav", target: "/f/",
            document: """
                <?xml version="1.0" encoding="utf-8"?>
                <d:multistatus xmlns:d="DAV:" xmlns:s="http://sabredav.org/ns"><d:response><d:href>/f/</d:href><d:propstat>\
                <d:prop><d:resourcetype><d:collection/></d:resourcetype>\
                <d:quota-available-bytes>80643473408</d:quota-available-bytes></d:prop>\
                <d:status>HTTP/1.1 200 OK</d:status></d:propstat><d:propstat><d:prop><d:getcontentlength/></d:prop>\
                <d:status>HTTP/1.1 404 Not Found</d:status></d:propstat></d:response><d:response>\
                <d:href>/f/b%20%25%23%5b%27%22%c3%bc%2b%26%3d%3b%40.txt</d:href><d:propstat><d:prop><d:resourcetype/>\
                <d:getcontentlength>3</d:getcontentlength></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat>\
                </d:response></d:multistatus>
                """, members: ["b %#['\"ü+&=;@.txt": 3]),
        Row(
            testDescription: "WsgiDAV", target: "/f/",
            document: """
                <?xml version="1.0" encoding="utf-8" ?>
                <ns0:multistatus xmlns:ns0="DAV:"><ns0:response><ns0:href>/f/</ns0:href><ns0:propstat><ns0:prop>\
                <ns0:resourcetype><ns0:collection /></ns0:resourcetype></ns0:prop>\
                <ns0:status>HTTP/1.1 200 OK</ns0:status></ns0:propstat></ns0:response><ns0:response>\
                <ns0:href>/f/b%20%25%23%5B'%22%C3%BC%2B%26%3D%3B%40.txt</ns0:href><ns0:propstat><ns0:prop>\
                <ns0:resourcetype /><ns0:getcontentlength>3</ns0:getcontentlength></ns0:prop>\
                <ns0:status>HTTP/1.1 200 OK</ns0:status></ns0:propstat></ns0:response></ns0:multistatus>
                """, members: ["b %#['\"ü+&=;@.txt": 3]),
        Row(
            testDescription: "absolute URLs, the default namespace, no slash at folders, another prefix than asked for",
            target: "/dav/f/",
            document: """
                <multistatus xmlns="DAV:"><response><href> http://other:8080/remote/f </href><propstat><prop><resourcetype>\
                <collection/></resourcetype></prop><status>HTTP/1.1 200 OK</status></propstat></response>\
                <response><href>http://other:8080/remote/f/a%2</href><propstat><prop><resourcetype/>\
                <getcontentlength> 7 </getcontentlength></prop><status>HTTP/1.1 200 OK</status></propstat></response>\
                <response><href>https://other/remote/f/in</href><propstat><prop><resourcetype><collection/></resourcetype>\
                </prop><status>HTTP/1.1 200 OK</status></propstat></response>\
                <response><href>/remote/elsewhere/b</href><propstat><prop><resourcetype/></prop>\
                <status>HTTP/1.1 200 OK</status></propstat></response>\
                <response><href>/remote/f/gone</href><status>HTTP/1.1 404 Not Found</status></response></multistatus>
                """, members: ["a%2": 7, "in": -1]),
        Row(
            testDescription: "relative names, and properties of somebody else",
            target: "/f/",
            document: """
                <a:multistatus xmlns:a="DAV:" xmlns:b="urn:b"><a:response><a:href>./</a:href><a:href>/f/</a:href><a:propstat>\
                <a:prop><a:resourcetype><a:collection/></a:resourcetype><b:getcontentlength>9</b:getcontentlength></a:prop>\
                <a:status>HTTP/1.1 200 OK</a:status></a:propstat></a:response><a:response><a:href>x.bin</a:href>\
                <a:propstat><a:prop><b:resourcetype><a:collection/></b:resourcetype><a:resourcetype/>\
                <a:getcontentlength>1</a:getcontentlength></a:prop><a:status>HTTP/1.1 200</a:status></a:propstat>\
                </a:response></a:multistatus>
                """, members: ["x.bin": 1]),
    ]

    @Test("name what is in a folder", arguments: rows)
    func members(row: Row) throws {
        let status = try Multistatus(parsing: Array(row.document.utf8), of: row.target, now: Self.now)
        let members = try #require(try status.members(of: row.target))
        let found = members.reduce(into: [String: Int64]()) { found, member in
            if let name = member.href.name { found[name] = member.isFolder ? -1 : member.size }
        }
        #expect(found == row.members)
    }

    @Test("tell times and room, and no room where nothing limits it")
    func values() throws {
        func read(_ available: String) throws -> Multistatus.Resource? {
            let document = """
                <D:multistatus xmlns:D="DAV:"><D:response><D:href>/</D:href><D:propstat><D:prop><D:resourcetype>\
                <D:collection/></D:resourcetype><D:getlastmodified>Sat, 21 Nov 2026 21:39:14 GMT</D:getlastmodified>\
                <D:quota-available-bytes>\(available)</D:quota-available-bytes>\
                <D:quota-used-bytes>1024</D:quota-used-bytes></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat>\
                </D:response></D:multistatus>
                """
            return try Multistatus(parsing: Array(document.utf8), of: "/", now: Self.now).only("/")
        }
        let root = try #require(try read("4096"))
        #expect(root.isFolder && root.availableBytes == 4096 && root.usedBytes == 1024)
        #expect(root.modified?.text == "2026-11-21T21:39:14.000Z")
        #expect(try read("-3")?.availableBytes == nil)
    }

    @Test("say that something is not there, or not allowed")
    func absent() throws {
        let document = """
            <D:multistatus xmlns:D="DAV:"><D:response><D:href>/a</D:href><D:status>HTTP/1.1 404 Not Found</D:status>\
            </D:response></D:multistatus>
            """
        let status = try Multistatus(parsing: Array(document.utf8), of: "/a", now: Self.now)
        #expect(try status.only("/a") == nil)
        #expect(status.worstStatus == 404)
    }

    @Test(
        "that are none are no answers",
        arguments: [
            "", "<html/>", "<multistatus/>", "<multistatus xmlns='DAV'/>", "<D:multistatus xmlns:D='DAV:'>",
            "<!DOCTYPE a [<!ENTITY b 'c'>]><D:multistatus xmlns:D='DAV:'/>",
        ])
    func nonsense(text: String) {
        let error = #expect(throws: StorageError.self) {
            _ = try Multistatus(parsing: Array(text.utf8), of: "/", now: Self.now)
        }
        #expect(error?.code == .unavailable)
    }

    @Test("with nothing of what was asked for are no answers either")
    func empty() throws {
        let status = try Multistatus(parsing: Array("<D:multistatus xmlns:D='DAV:'/>".utf8), of: "/a", now: Self.now)
        #expect(throws: StorageError.self) { _ = try status.only("/a") }
        #expect(throws: StorageError.self) { _ = try status.members(of: "/a/") }
    }

    @Test(
        "have names that no path of ours can have",
        arguments: [
            "/f/a%2Fb", "/f/%2e%2e", "/f/%2E", "/f/a%00", "/f/a%0A", "/f/%7f", "/f/%FF", "/f/%C2%85",
            "/f/" + String(repeating: "a", count: 256),
        ])
    func foreign(href: String) {
        #expect(WebDAVHref(href, relativeTo: "/f/").name == nil)
    }
}
