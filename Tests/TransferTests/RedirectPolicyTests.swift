import ServiceRuntime
import Testing
import Transfer

@Suite("Redirects")
struct RedirectPolicyTests {
    private let policy = RedirectPolicy(most: 3)

    private func request(_ method: String, _ url: String, _ body: TransferRequest.Body? = nil) throws -> TransferRequest
    {
        var request = TransferRequest(
            method, try TransferURL(url),
            headers: [("Range", "bytes=0-1"), ("Authorization", "s"), ("X-Token", "s"), ("Content-Type", "t")],
            body: body)
        request.credentials = .init(user: "u", password: .init("p"))
        return request
    }

    private func head(_ status: Int, _ locations: String...) -> TransferHead {
        var headers = TransferHeaders()
        for location in locations { headers.add("location", location) }
        return TransferHead(status: status, headers: headers)
    }

    @Test(
        "a GET is followed; credentials and headers stay with scheme, host and port",
        arguments: [
            ("http://h/a/b?q", "c", "http://h/a/c", true), ("http://h/a/b", "/c?d", "http://h/c?d", true),
            ("http://h/a", "//h:80/c", "http://h:80/c", true), ("http://h/a", "//other/c", "http://other/c", false),
            ("http://h/a", "http://h:81/c", "http://h:81/c", false),
            ("http://h/a", "https://h/c", "https://h/c", false),
            ("https://h/a", "https://H/c#x", "https://h/c", true), ("http://h/a", "../../c", "http://h/c", true),
        ])
    func followed(from: String, location: String, to: String, keeps: Bool) throws {
        for status in [301, 302, 303, 307, 308] {
            let next = try #require(
                try policy.next(after: head(status, location), to: request("GET", from), followed: 0))
            #expect(next.url.exposed.lowercased() == to)
            #expect(next.method == "GET")
            #expect((next.credentials != nil) == keeps)
            #expect(
                next.headers.fields.map(\.name)
                    == (keeps ? ["Range", "Authorization", "X-Token", "Content-Type"] : ["Range"]))
        }
    }

    @Test("no redirect, nothing to follow", arguments: [200, 300, 304, 400])
    func none(status: Int) throws {
        #expect(try policy.next(after: head(status, "/x"), to: request("GET", "http://h/"), followed: 9) == nil)
    }

    @Test("what may not be followed says so, without the query")
    func refused() throws {
        let get = try request("GET", "https://h/a")
        let put = try request("PUT", "http://h/a", .bytes([1]))
        let stream = try request("PUT", "http://h/a", .stream(EvenBody(1), size: 1))
        let cases: [(TransferHead, TransferRequest, Int)] = [
            (head(302, "/b"), get, 3), (head(302), get, 0), (head(302, "/b", "/c"), get, 0),
            (head(302, "http://h/b?secret"), get, 0), (head(302, "ftp://h/b"), get, 0),
            (head(302, "https://u:secret@h/"), get, 0), (head(302, "https://h/sec ret"), get, 0),
            (head(301, "/b"), put, 0), (head(302, "/b"), put, 0), (head(307, "/b"), stream, 0),
            (head(307, "http://other/b"), put, 0),
        ]
        for (head, request, followed) in cases {
            #expect {
                try policy.next(after: head, to: request, followed: followed)
            } throws: {
                ($0 as? TransferError)?.kind == .redirectRefused && !"\($0)".contains("secret")
            }
        }
    }

    @Test("a body that is at hand is sent again, or dropped for See Other")
    func bodies() throws {
        let put = try request("PUT", "http://h/a", .bytes([1]))
        let again = try #require(try policy.next(after: head(308, "/b"), to: put, followed: 0))
        #expect(again.method == "PUT" && again.body != nil)
        let other = try #require(try policy.next(after: head(303, "//other/b"), to: put, followed: 0))
        #expect(other.method == "GET" && other.body == nil && other.headers["Content-Type"] == nil)
    }
}
