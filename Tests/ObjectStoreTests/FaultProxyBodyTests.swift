import Foundation
import TestSupport
import Testing

/// Bodies pass a proxy whatever their length and framing.
@Suite("Bodies through the fault proxy", .timeLimit(.minutes(3)))
struct FaultProxyBodyTests {
    @Test("What the store refuses before it has the body comes back", arguments: [1_000, 50_000_000])
    func refusedEarly(size: Int) async throws {
        let place = try await ProxiedStore()
        var stranger = place.account
        stranger.secretKey = "wrong"
        let outcome = try await stranger.python(
            "print(outcome(s3.put_object, Bucket=arguments[0], Key='key', Body=bytes(int(arguments[1]))))",
            place.bucket, "\(size)")
        #expect(outcome == "SignatureDoesNotMatch")
        #expect(place.proxy.requests.value.map(\.storeStatus) == [403])
    }

    @Test("A body with a length and a chunked one pass to their end, as without the proxy")
    func framings() async throws {
        let place = try await ProxiedStore()
        // Everybody may write, so that curl need not sign: it knows no digest of what it sends in chunks.
        try await place.direct.python("s3.put_bucket_acl(Bucket=arguments[0], ACL='public-read-write')", place.bucket)
        let folder = try TemporaryFolder()
        let file = try folder.write(String(repeating: "0123456789", count: 50_000), to: "body")
        for framing in [[], ["--header", "transfer-encoding: chunked"]] {
            var answers: [String] = []
            for endpoint in [place.direct.endpoint, place.proxy.endpoint] {
                answers.append(
                    try await ChildProcess.run(
                        ["curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}", "--upload-file"]
                            + [file] + framing + ["\(endpoint)/\(place.bucket)/key"]))
            }
            // Ceph 16 takes no chunks (411), 18 does.
            #expect(answers[0] == answers[1])
            #expect(answers[0] == "200" || !framing.isEmpty)
        }
        let requests = place.proxy.requests.value
        #expect(requests[0].forwardedBytes == 500_000)
        #expect(requests[1].storeStatus != 200 || requests[1].forwardedBytes > 500_000)
    }

    @Test(
        "A body of 1 GiB passes in a few MiB of memory, both ways",
        .enabled(if: ProcessInfo.processInfo.environment["STOWAGE_TESTS_FULL"] != nil))
    func large() async {
        // In a process of its own: other tests take memory of this one.
        await #expect(processExitsWith: .success) {
            let place = try await ProxiedStore()
            try await place.direct.python(
                "s3.put_bucket_acl(Bucket=arguments[0], ACL='public-read-write')", place.bucket)
            let folder = try TemporaryFolder()
            try await ChildProcess.run(["truncate", "--size", "1G", folder.path("body")])
            let before = try Self.memory("VmRSS")
            // The highest mark of this process begins anew.
            try Data("5".utf8).write(to: URL(fileURLWithPath: "/proc/self/clear_refs"))
            let url = "\(place.proxy.endpoint)/\(place.bucket)/key"
            try await ChildProcess.run(["curl", "--silent", "--fail", "--upload-file", folder.path("body"), url])
            let object = try await place.account.object("key", in: place.bucket)
            #expect(object.size == 1 << 30)
            #expect(place.proxy.requests.value.map(\.forwardedBytes) == [1 << 30, 0])
            let most = try Self.memory("VmHWM")
            #expect(most - before < 64 << 10, "\(before) KiB, then \(most) KiB")
        }
    }

    /// A figure of this process in KiB.
    private static func memory(_ name: String) throws -> Int {
        let text = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix(name + ":") })
        return try #require(Int(line.filter(\.isNumber)))
    }
}
