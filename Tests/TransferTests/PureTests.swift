import Testing

@testable import Transfer

@Suite("URLs of transfers")
struct TransferURLTests {
    @Test(
        "a URL is taken apart as the library does that speaks to its host",
        arguments: [
            ("http://Example.COM/a?b#c", "http", "example.com", 80, "/a", "b", "http://example.com:80/a"),
            ("HTTPS://example.com", "https", "example.com", 443, "/", nil, "https://example.com:443/"),
            ("http://0x7f.1:8080/../x", "http", "127.0.0.1", 8080, "/../x", nil, "http://127.0.0.1:8080/../x"),
            ("http://2130706433/", "http", "127.0.0.1", 80, "/", nil, "http://127.0.0.1:80/"),
            ("http://[::1]:81/x?y?z", "http", "::1", 81, "/x", "y?z", "http://[::1]:81/x"),
            ("ftp://h/f", "ftp", "h", 21, "/f", nil, "ftp://h:21/f"),
        ])
    func parts(
        text: String, scheme: String, host: String, port: Int, path: String, query: String?, shown: String
    ) throws {
        let url = try TransferURL(text)
        #expect(url.scheme == scheme)
        #expect(url.host == host)
        #expect(url.port == port)
        #expect(url.path == path)
        #expect(url.query == query)
        #expect("\(url)" == shown)
        #expect(String(reflecting: url) == shown)
        #expect(!url.exposed.contains("#"))
    }

    @Test(
        "no URL, no host, credentials, or anything that two readers may read differently; the text is not repeated",
        arguments: [
            "", "example.com/secret", "/secret", "http://", "http:///secret", "http:/h/secret", "http:h/secret",
            "http://user:secret@h/",
            "http://secret@h/", "http://h/secret path", "http://h/secret\r\nX: y", "http://h\u{e9}/secret",
            "http://h:99999/secret", "http://h:0/secret", "http://[::1/secret", "mailto:secret@h", "http://a b/secret",
        ])
    func refused(text: String) {
        #expect {
            try TransferURL(text)
        } throws: { error in
            (error as? TransferError)?.kind == .invalidRequest && !"\(error)".contains("secret")
        }
    }
}

@Suite("Heads of answers")
struct HeadParserTests {
    private func heads(_ text: String, limit: Int = 1000) throws -> [TransferHead] {
        var parser = HeadParser(limit: limit)
        var heads: [TransferHead] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            if case .head(let head) = try parser.take(Array("\(line)\r\n".utf8)) { heads.append(head) }
        }
        return heads
    }

    @Test("fields keep order, duplicates and what was folded")
    func fields() throws {
        let head = try #require(try heads("HTTP/1.1 206 Partial\nA: 1\nb:  2 \nA:\nC: x\n\t y\n\n").first)
        #expect(head.status == 206)
        #expect(head.headers == [("A", "1"), ("b", "2"), ("A", ""), ("C", "x y")])
    }

    @Test("interim answers and trailers are no heads; a second answer is")
    func several() throws {
        let text = "HTTP/1.1 100 Continue\n\nHTTP/1.1 417 No\n\nHTTP/2 200\nx: y\n\ndigest: z\n\n"
        #expect(try heads(text).map(\.status) == [417, 200])
        #expect(try heads(text).last?.httpVersion == "2")
    }

    @Test(
        "nonsense is an error",
        arguments: [
            "HTTP/1.1\n", "HTTP/1.1 20 OK\n", "HTTP/1.1 999 X\n", "HTTP/1.1 200 OK\nno colon\n",
            "HTTP/1.1 200 OK\na b: c\n",
        ])
    func nonsense(text: String) {
        #expect { try heads(text) } throws: { ($0 as? TransferError)?.kind == .protocol }
    }

    @Test("everything counts towards the limit")
    func limit() {
        #expect { try heads("HTTP/1.1 100 Continue\n\nHTTP/1.1 200 OK\n\n", limit: 40) } throws: {
            ($0 as? TransferError)?.kind == .tooLarge
        }
    }
}

@Suite("Bytes on their way out")
struct OutgoingBytesTests {
    private func take(_ bytes: inout OutgoingBytes, _ count: Int) -> OutgoingBytes.Step {
        withUnsafeTemporaryAllocation(byteCount: count, alignment: 1) { bytes.take(into: $0) }
    }

    @Test("of a known size the last byte waits for the end of the source")
    func heldBack() {
        var bytes = OutgoingBytes(size: 6)
        #expect(take(&bytes, 10) == .wait)
        bytes.append([1, 2, 3])
        bytes.append([4, 5, 6])
        #expect(take(&bytes, 2) == .bytes(2))
        #expect(take(&bytes, 10) == .bytes(3))
        #expect(take(&bytes, 10) == .wait)
        #expect(!bytes.isComplete)
        bytes.end()
        #expect(take(&bytes, 10) == .bytes(1))
        #expect(bytes.isComplete)
        #expect(take(&bytes, 10) == .end)
    }

    @Test("too few and too many bytes are noticed before the last one went")
    func otherSize() {
        var short = OutgoingBytes(size: 3)
        short.append([1])
        short.end()
        #expect(take(&short, 10) == .bytes(1))
        #expect(take(&short, 10) == .short)
        var long = OutgoingBytes(size: 3)
        long.append([1, 2, 3])
        #expect(!long.isTooLong)
        #expect(take(&long, 10) == .bytes(2))
        long.append([4])
        #expect(long.isTooLong)
        #expect(take(&long, 10) == .wait)
    }

    @Test("of an unknown size all goes at once")
    func unknown() {
        var bytes = OutgoingBytes()
        bytes.append([1, 2])
        #expect(take(&bytes, 10) == .bytes(2))
        #expect(take(&bytes, 10) == .wait)
        bytes.end()
        #expect(take(&bytes, 10) == .end)
        #expect(bytes.isComplete)
    }
}

@Suite("Requests that cannot be sent")
struct RequestValidationTests {
    @Test(
        "lines cannot be broken out of, and framing is not the caller's",
        arguments: [
            TransferRequest("GET X", try! TransferURL("http://h/")),
            TransferRequest("GET", try! TransferURL("ftp://h/")),
            TransferRequest("GET", try! TransferURL("http://h/"), headers: [("A", "b\r\nC: d")]),
            TransferRequest("GET", try! TransferURL("http://h/"), headers: [("A", "b\0")]),
            TransferRequest("GET", try! TransferURL("http://h/"), headers: [("A B", "c")]),
            TransferRequest("GET", try! TransferURL("http://h/"), headers: [("", "c")]),
            TransferRequest("PUT", try! TransferURL("http://h/"), headers: [("content-length", "5")]),
            TransferRequest("PUT", try! TransferURL("http://h/"), headers: [("Transfer-Encoding", "chunked")]),
            TransferRequest("GET", try! TransferURL("http://h/"), headers: [("Host", "other")]),
            TransferRequest("GET", try! TransferURL("http://h/"), body: .bytes([1])),
        ])
    func refused(request: TransferRequest) {
        #expect { try request.validate(schemes: ["http", "https"]) } throws: {
            ($0 as? TransferError)?.kind == .invalidRequest
        }
    }

    @Test("an IPv4 address that is written as IPv6 is one of IPv4")
    func mapped() {
        let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 127, 0, 0, 1]
        #expect("\(TransferAddress(bytes: mapped, port: 80))" == "127.0.0.1:80")
        #expect("\(TransferAddress(bytes: Array(repeating: 0, count: 15) + [1], port: 80))" == "[0:0:0:0:0:0:0:1]:80")
    }
}
