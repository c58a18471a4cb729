import Testing
import Transfer

@testable import StorageDrivers

@Suite("What is signed of a URL")
struct CanonicalQueryTests {
    @Test(
        "a query is sorted by encoded name, then value, and encoded once",
        arguments: [
            (nil, ""),
            ("", ""),
            ("&&", ""),
            ("lifecycle", "lifecycle="),
            ("a", "a="),
            ("a=", "a="),
            ("=b", "=b"),
            ("a=b=c", "a=b%3Dc"),
            ("b=2&a=1", "a=1&b=2"),
            ("a=2&a=10&a=1", "a=1&a=10&a=2"),
            ("a&a-b&a%20b&aB", "a=&a%20b=&a-b=&aB="),
            ("x=%2f%2F", "x=%2F%2F"),
            ("x=a+b%20c%2Bd", "x=a%20b%20c%2Bd"),
            ("x=/~-._!*'()", "x=%2F~-._%21%2A%27%28%29"),
            ("x=%41%7E", "x=A~"),
            ("x=100%&y=%zz&z=%4", "x=100%25&y=%25zz&z=%254"),
            ("x=%2525", "x=%2525"),
            ("prefix=%C3%BC%00", "prefix=%C3%BC%00"),
        ])
    func canonical(wire: String?, text: String) {
        #expect(CanonicalQuery(wire: wire).text == text)
        // What it gives can be sent.
        #expect(CanonicalQuery(wire: text).text == text)
    }

    @Test("parameters are added as they are meant")
    func added() {
        var query = CanonicalQuery(wire: "b=1")
        query.add("a b", "ü/+%")
        #expect(query.text == "a%20b=%C3%BC%2F%2B%25&b=1")
    }

    @Test("in a path slashes stay")
    func path() {
        #expect(AWSEncoding.encode("/a b/c~d+e$é=@:", keepingSlash: true) == "/a%20b/c~d%2Be%24%C3%A9%3D%40%3A")
        #expect(AWSEncoding.encode("a/b", keepingSlash: false) == "a%2Fb")
        #expect(AWSEncoding.encode("", keepingSlash: true) == "")
    }

    @Test(
        "the host is named as it is in the request",
        arguments: [
            ("https://s3.example.org", "s3.example.org"),
            ("https://s3.example.org:443/", "s3.example.org"),
            ("http://s3.example.org:443/", "s3.example.org:443"),
            ("http://s3.example.org:80/", "s3.example.org"),
            ("http://10.0.0.1:7480/", "10.0.0.1:7480"),
            ("https://[2001:DB8::1]/", "[2001:db8::1]"),
            ("http://[::1]:7480/", "[::1]:7480"),
            ("https://S3.Example.ORG/", "s3.example.org"),
        ])
    func host(url: String, header: String) throws {
        #expect(try TransferURL(url).hostHeader == header)
    }
}
