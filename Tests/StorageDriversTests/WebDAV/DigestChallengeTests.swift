import Testing

@testable import StorageDrivers

@Suite("Answers to HTTP Digest")
struct DigestChallengeTests {
    private func challenge(_ field: String) throws -> DigestChallenge {
        try #require(DigestChallenge.best(of: AuthenticationChallenge.parse([field])))
    }

    /// RFC 7616, section 3.9.1.
    private static let both = [
        """
        Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256, \
        nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"
        """,
        """
        Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=MD5, \
        nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"
        """,
    ]

    @Test(
        "the vectors of RFC 7616 come out",
        arguments: [
            (0, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1", "SHA-256"),
            (1, "8ca523f5e9506fed4657c9700eebdbec", "MD5"),
        ])
    func vectors(index: Int, response: String, algorithm: String) throws {
        let value = try challenge(Self.both[index]).authorization(
            user: "Mufasa", password: "Circle of Life", method: "GET", target: "/dir/index.html", count: 1,
            clientNonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ")
        #expect(
            value == """
                Digest username="Mufasa", realm="http-auth@example.org", \
                nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", uri="/dir/index.html", response="\(response)", \
                algorithm=\(algorithm), qop=auth, nc=00000001, cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", \
                opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"
                """)
    }

    /// RFC 2617, section 3.5.
    @Test("the vector of RFC 2617 comes out")
    func older() throws {
        let value = try challenge(
            """
            Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", \
            opaque="5ccc069c403ebaf9f0171e9517f40e41"
            """
        ).authorization(
            user: "Mufasa", password: "Circle Of Life", method: "GET", target: "/dir/index.html", count: 1,
            clientNonce: "0a4f113b")
        #expect(value.contains("response=\"6629fae49393a05397450978507c4ef1\""))
        // Not named, not repeated.
        #expect(!value.contains("algorithm"))
    }

    @Test("without qop nothing is counted, as RFC 2069 has it")
    func oldest() throws {
        let value = try challenge("Digest realm=\"r\", nonce=\"n\"").authorization(
            user: "u", password: "p", method: "GET", target: "/", count: 7, clientNonce: "c")
        let md5 = DigestChallenge.Algorithm.md5
        let expected = md5.hash("\(md5.hash("u:r:p")):n:\(md5.hash("GET:/"))")
        #expect(value == "Digest username=\"u\", realm=\"r\", nonce=\"n\", uri=\"/\", response=\"\(expected)\"")
    }

    @Test("a hash of a session has both nonces in it, and a hidden user only a hash of the name")
    func session() throws {
        let value = try challenge(
            "Digest realm=\"r\", nonce=\"n\", algorithm=SHA-256-sess, qop=\"auth\", userhash=true"
        ).authorization(
            user: "u", password: "p", method: "PUT", target: "/a%20b", count: 255, clientNonce: "c")
        let hash = DigestChallenge.Algorithm.sha256.hash
        let secret = hash("\(hash("u:r:p")):n:c")
        #expect(value.contains("response=\"\(hash("\(secret):n:000000ff:c:auth:\(hash("PUT:/a%20b"))"))\""))
        #expect(value.contains("username=\"\(hash("u:r"))\"") && value.contains("userhash=true"))
        #expect(value.contains("nc=000000ff") && value.contains("algorithm=SHA-256-sess"))
    }

    @Test("quotes and backslashes in names are written so that they arrive")
    func quoting() throws {
        let value = try challenge(#"Digest realm="a \"b\" \\c", nonce="n", qop="auth""#).authorization(
            user: #"d"e\"#, password: "p", method: "GET", target: "/", count: 1, clientNonce: "c")
        #expect(value.contains(#"realm="a \"b\" \\c""#) && value.contains(#"username="d\"e\\""#))
        let md5 = DigestChallenge.Algorithm.md5
        let secret = md5.hash(#"d"e\:a "b" \c:p"#)
        #expect(value.contains(md5.hash("\(secret):n:00000001:c:auth:\(md5.hash("GET:/"))")))
    }

    @Test("the strongest that we know is taken, and what we do not know is left")
    func best() {
        let challenges = AuthenticationChallenge.parse([
            "Digest realm=\"r\", nonce=\"1\", algorithm=SHA-512-256, qop=\"auth\"",
            "Digest realm=\"r\", nonce=\"2\", algorithm=MD5, qop=\"auth\", Basic realm=\"r\"",
            "Digest realm=\"r\", nonce=\"3\", algorithm=SHA-256, qop=\"auth\", stale=TRUE",
        ])
        let best = DigestChallenge.best(of: challenges)
        #expect(best?.nonce == "3" && best?.isStale == true)
        #expect(DigestChallenge.best(of: AuthenticationChallenge.parse(["Basic realm=\"r\""])) == nil)
        #expect(
            DigestChallenge.best(
                of: AuthenticationChallenge.parse(["Digest realm=\"r\", nonce=\"1\", qop=\"auth-int\""])) == nil)
    }
}
