import Cryptography
import ServiceRuntime
import StowageContract
import Testing

@testable import StorageDrivers

/// A case of AWS's public test suite for Signature Version 4.
struct SignatureCase: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var method = "GET"
    /// As on the wire.
    var path = "/"
    /// As on the wire.
    var query: String?
    /// Besides `Host` and `X-Amz-Date`.
    var headers: [(String, String)] = []
    var body = ""
    var signature: String

    init(
        _ name: String, _ method: String = "GET", path: String = "/", query: String? = nil,
        headers: [(String, String)] = [], body: String = "", signature: String
    ) {
        self.testDescription = name
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.signature = signature
    }
}

/// The suite signs for a service that hashes its payload without saying so in a header, as S3 wants: what is tested
/// is what such a request is made of.
///
/// Left out: the cases of `normalize-path`, since S3 takes a path as it stands, and `get-header-value-multiline`, since no
/// field of ours has a line break.
@Suite("AWS Signature Version 4, test suite")
struct SignatureSuiteTests {
    static let unreserved = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    static let vanilla = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
    static let vanillaPost = "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"
    static let withParameter = "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11"
    static let token = """
        AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthA\
        x7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY\
        9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==
        """
    static let form = "application/x-www-form-urlencoded"

    static let cases = [
        SignatureCase("get-vanilla", signature: vanilla),
        SignatureCase("get-vanilla-query", signature: vanilla),
        SignatureCase(
            "get-vanilla-empty-query-key", query: "Param1=value1",
            signature: "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"),
        SignatureCase(
            "get-vanilla-query-order-key-case", query: "Param2=value2&Param1=value1",
            signature: "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),
        SignatureCase(
            "get-vanilla-query-unreserved", query: "\(unreserved)=\(unreserved)",
            signature: "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197"),
        SignatureCase(
            "get-vanilla-utf8-query", query: "%E1%88%B4=bar",
            signature: "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"),
        SignatureCase(
            "get-unreserved", path: "/\(unreserved)",
            signature: "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"),
        SignatureCase(
            "get-utf8", path: "/\(AWSEncoding.encode("ሴ", keepingSlash: true))",
            signature: "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"),
        SignatureCase(
            "get-space", path: AWSEncoding.encode("/example space/", keepingSlash: true),
            signature: "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741"),
        SignatureCase(
            "get-header-key-duplicate",
            headers: [("My-Header1", "value2"), ("My-Header1", "value2"), ("My-Header1", "value1")],
            signature: "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"),
        SignatureCase(
            "get-header-value-order",
            headers: [
                ("My-Header1", "value4"), ("My-Header1", "value1"), ("My-Header1", "value3"), ("My-Header1", "value2"),
            ],
            signature: "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01"),
        SignatureCase(
            "get-header-value-trim", headers: [("My-Header1", " value1"), ("My-Header2", " \"a   b   c\" ")],
            signature: "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"),
        SignatureCase("post-vanilla", "POST", signature: vanillaPost),
        SignatureCase("post-sts-header-after", "POST", signature: vanillaPost),
        SignatureCase("post-vanilla-query", "POST", query: "Param1=value1", signature: withParameter),
        SignatureCase("post-vanilla-empty-query-value", "POST", query: "Param1=value1", signature: withParameter),
        SignatureCase(
            "post-vanilla-query-nonunreserved", "POST",
            query: [("@#$%^", ""), ("+", "/,?><`\";:\\|][{}")].map { name, value in
                "\(AWSEncoding.encode(name, keepingSlash: false))=\(AWSEncoding.encode(value, keepingSlash: false))"
            }.joined(separator: "&"),
            signature: "66c82657c86e26fb25238d0e69f011edc4c6df5ae71119d7cb98ed9b87393c1e"),
        SignatureCase(
            "post-vanilla-query-space", "POST", query: "p=",
            signature: "e71688addb58a26418614085fb730ba3faa623b461c17f48f2fbdb9361b94a9b"),
        SignatureCase(
            "post-header-key-sort", "POST", headers: [("My-Header1", "value1")],
            signature: "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"),
        SignatureCase(
            "post-header-value-case", "POST", headers: [("My-Header1", "VALUE1")],
            signature: "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d"),
        SignatureCase(
            "post-sts-header-before", "POST", headers: [("X-Amz-Security-Token", token)],
            signature: "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead"),
        SignatureCase(
            "post-x-www-form-urlencoded", "POST", headers: [("Content-Type", form)], body: "Param1=value1",
            signature: "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"),
        SignatureCase(
            "post-x-www-form-urlencoded-parameters", "POST", headers: [("Content-Type", "\(form); charset=utf8")],
            body: "Param1=value1", signature: "1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe"),
    ]

    @Test("has the published signature", arguments: cases)
    func published(example: SignatureCase) throws {
        let scope = SigningScope(
            at: try #require(Timestamp("2015-08-30T12:36:00Z")), region: "us-east-1", service: "service")
        let request = CanonicalRequest(
            method: example.method, path: example.path, query: CanonicalQuery(wire: example.query),
            headers: [("Host", "example.amazonaws.com"), ("X-Amz-Date", scope.moment)] + example.headers,
            payload: SHA256Hasher.digest(of: Array(example.body.utf8)).hexadecimal)
        let credentials = S3Credentials(
            accessKey: "AKIDEXAMPLE", secretKey: Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"))
        #expect(scope.key(of: credentials).signature(of: scope.stringToSign(request)) == example.signature)
    }
}
