import Testing

@testable import StorageDrivers

@Suite("Challenges of servers")
struct AuthenticationChallengeTests {
    @Test(
        "are read as they are written",
        arguments: [
            (["Basic realm=\"dav\""], [AuthenticationChallenge(scheme: "basic", parameters: ["realm": "dav"])]),
            (["BASIC  Realm = dav"], [AuthenticationChallenge(scheme: "basic", parameters: ["realm": "dav"])]),
            (["Bearer"], [AuthenticationChallenge(scheme: "bearer", parameters: [:])]),
            (
                ["Negotiate, Basic realm=\"a, b\", charset=\"UTF-8\", Bearer"],
                [
                    AuthenticationChallenge(scheme: "negotiate", parameters: [:]),
                    AuthenticationChallenge(scheme: "basic", parameters: ["realm": "a, b", "charset": "UTF-8"]),
                    AuthenticationChallenge(scheme: "bearer", parameters: [:]),
                ]
            ),
            (
                ["Negotiate YIIabc==, Basic realm=\"x\""],
                [
                    AuthenticationChallenge(scheme: "negotiate", parameters: [:]),
                    AuthenticationChallenge(scheme: "basic", parameters: ["realm": "x"]),
                ]
            ),
            (
                [",, Digest realm=\"\\\"q\\\"\",nonce=\"MTc5NQ==\", , algorithm=MD5"],
                [
                    AuthenticationChallenge(
                        scheme: "digest", parameters: ["realm": "\"q\"", "nonce": "MTc5NQ==", "algorithm": "MD5"])
                ]
            ),
            (["Basic realm=\"unended"], [AuthenticationChallenge(scheme: "basic", parameters: [:])]),
            ([], []),
            (["=", "\"\""], []),
        ])
    func read(fields: [String], challenges: [AuthenticationChallenge]) {
        #expect(AuthenticationChallenge.parse(fields) == challenges)
    }
}
