import StowageContract
import Testing
import Transfer

@testable import Pipeline

@Suite("Header fields of HTTP")
struct HTTPHeaderTests {
    private static let now = Timestamp("2026-11-20T09:30:00Z")!

    @Test(
        "all three forms of a date are read",
        arguments: [
            ("Sun, 06 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37.000Z"),
            ("Sunday, 06-Nov-94 08:49:37 GMT", "1994-11-06T08:49:37.000Z"),
            ("Sun Nov  6 08:49:37 1994", "1994-11-06T08:49:37.000Z"),
            ("Sunday, 06-Nov-31 08:49:37 GMT", "2031-11-06T08:49:37.000Z"),
            ("Fri, 20 Nov 2026 09:30:10 GMT", "2026-11-20T09:30:10.000Z"),
        ])
    func dates(text: String, moment: String) {
        #expect(
            HTTPDate.milliseconds(text, now: Self.now.millisecondsSinceEpoch)
                == Timestamp(moment)?.millisecondsSinceEpoch)
    }

    @Test(
        "what is no date is none",
        arguments: [
            "", "now", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 31 Feb 1994 08:49:37 GMT",
            "Sun, 06 Nox 1994 08:49:37 GMT", "Sun, 06 Nov 1994 25:49:37 GMT", "1994-11-06T08:49:37Z", "1 2 3 4 5 6",
        ])
    func noDates(text: String) {
        #expect(HTTPDate.milliseconds(text, now: Self.now.millisecondsSinceEpoch) == nil)
    }

    @Test(
        "a server's wish to wait is kept within a day",
        arguments: [
            ("0", nil, 0), ("120", nil, 120), ("86401", nil, 86_400), ("99999999999999999999999", nil, 86_400),
            ("Fri, 20 Nov 2026 09:30:10 GMT", nil, 10), ("Fri, 20 Nov 2026 09:29:00 GMT", nil, 0),
            ("Fri, 20 Nov 2020 09:29:30 GMT", "Fri, 20 Nov 2020 09:29:00 GMT", 30),
            ("Fri, 20 Nov 2099 09:29:00 GMT", nil, 86_400), ("soon", nil, nil), ("-5", nil, nil), ("", nil, nil),
            (nil, nil, nil),
        ] as [(String?, String?, Int64?)])
    func retryAfter(text: String?, date: String?, seconds: Int64?) {
        var headers = TransferHeaders()
        if let text { headers.add("retry-after", text) }
        if let date { headers.add("date", date) }
        let wait = RetryAfter.wait(
            after: TransferHead(status: 503, headers: headers), now: Self.now.millisecondsSinceEpoch)
        #expect(wait == seconds.map { .seconds($0) })
    }

    @Test("a content range is read whole or not at all")
    func contentRange() {
        #expect(ContentRange("bytes 10-19/20") == ContentRange(first: 10, last: 19, total: 20))
        #expect(ContentRange("Bytes 0-0/*") == ContentRange(first: 0, last: 0, total: nil))
        for text in [
            "", "bytes */20", "bytes 10-9/20", "bytes 10-20/20", "bytes 10-19", "items 10-19/20", "bytes -1-19/20",
            "bytes 10-19/20/30", "bytes 10-19/-", "bytes 1 0-19/20", "bytes 99999999999999999999-1/2",
        ] { #expect(ContentRange(text) == nil, "\(text)") }
    }

    private func representation(_ headers: TransferHeaders, version: String = "1.1") throws -> HTTPRepresentation {
        try HTTPRepresentation(TransferHead(status: 200, httpVersion: version, headers: headers), now: Self.now)
    }

    @Test("only what cannot change under a reader can be gone on with")
    func seekable() throws {
        let length = ("Content-Length", "5")
        let ranges = ("Accept-Ranges", "bytes")
        let date = ("Date", "Fri, 20 Nov 2026 09:30:10 GMT")
        #expect(try representation([length, ranges, ("ETag", "\"a\"")]).isSeekable)
        #expect(try !representation([length, ranges, ("ETag", "W/\"a\"")]).isSeekable)
        #expect(try !representation([length, ("ETag", "\"a\"")]).isSeekable)
        #expect(try !representation([length, ("Accept-Ranges", "none"), ("ETag", "\"a\"")]).isSeekable)
        #expect(try !representation([ranges, ("ETag", "\"a\"")]).isSeekable)
        let old = ("Last-Modified", "Fri, 20 Nov 2026 09:30:09 GMT")
        #expect(try representation([length, ranges, date, old]).isSeekable)
        #expect(try !representation([length, ranges, old]).isSeekable)
        #expect(try !representation([length, ranges, date, ("Last-Modified", date.1)]).isSeekable)
    }

    @Test("an end that may come too early is known for what it is")
    func framing() throws {
        #expect(try representation([("Content-Length", "5")]).isFramed)
        #expect(try representation([("Transfer-Encoding", "chunked")]).isFramed)
        #expect(try !representation([]).isFramed)
        #expect(try !representation([("Transfer-Encoding", "chunked")], version: "1.0").isFramed)
        #expect(try representation([], version: "2").isFramed)
        #expect(try representation([("Content-Length", "5"), ("Content-Length", "5")]).size == 5)
    }
}
