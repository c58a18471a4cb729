import DriverConformance
import Foundation
import Storage
import StowageContract
import TestSupport
import Testing

/// What goes wrong between worker and server ends in success or the right error, and the next delivery in success.
@Suite("Faults on the way to a WebDAV server", .timeLimit(.minutes(5)))
struct WebDAVFaultTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var method: String
        var fault: Fault
        /// What the delivery ends with; `nil`: it succeeds all the same.
        var code: ErrorCode?
        var isAmbiguous = false
        var isPermanent = false
        /// Whether the archive stands although nobody was told.
        var stands = false
        /// So many requests of that method pass before.
        var skipping = 0
        /// How large the archive is.
        var size: Int64 = 65_536
    }

    private static func status(_ text: String, _ headers: [(name: String, value: String)] = []) -> Fault {
        .answer(Reply(text, headers: headers), readingBody: true)
    }

    static let rows = [
        Row(testDescription: "no room", method: "PUT", fault: status("507 Insufficient Storage"), code: .outOfSpace),
        Row(
            testDescription: "no room, early", method: "PUT", fault: .answer(Reply("507 Full"), readingBody: false),
            code: .outOfSpace, size: 5_000_000),
        Row(
            testDescription: "too large", method: "PUT", fault: status("413 Too Large"), code: .tooLarge,
            isPermanent: true),
        Row(testDescription: "locked", method: "PUT", fault: status("423 Locked"), code: .unavailable),
        Row(
            testDescription: "forbidden", method: "PUT", fault: status("403 Forbidden"), code: .permissionDenied,
            isPermanent: true),
        Row(
            testDescription: "503", method: "PUT", fault: status("503 No", [("Retry-After", "7")]), code: .unavailable,
            isAmbiguous: true),
        Row(
            testDescription: "429", method: "PUT", fault: status("429 No", [("Retry-After", "7")]), code: .rateLimited
        ),
        Row(
            testDescription: "500 that is none of a missing folder", method: "PUT", fault: .internalError,
            code: .unavailable, isAmbiguous: true),
        Row(
            testDescription: "sent elsewhere", method: "PUT",
            fault: status("302 Found", [("Location", "http://127.0.0.1:9/login")]), code: .permissionDenied,
            isPermanent: true),
        Row(
            testDescription: "dropped in the middle", method: "PUT", fault: .breakUpload(after: 2_000_000, .reset),
            code: .unavailable, isAmbiguous: true, size: 5_000_000),
        Row(
            testDescription: "closed in the middle", method: "PUT", fault: .breakUpload(after: 2_000_000, .close),
            code: .unavailable, isAmbiguous: true, size: 5_000_000),
        Row(
            testDescription: "stalled in the middle", method: "PUT", fault: .breakUpload(after: 2_000_000, .stall),
            code: .timedOut, isAmbiguous: true, size: 5_000_000),
        Row(
            testDescription: "yes, and nothing done", method: "PUT", fault: status("201 Created"),
            code: .integrityMismatch),
        Row(
            testDescription: "yes to the manifest, and nothing done", method: "PUT", fault: status("201 Created"),
            code: .integrityMismatch, skipping: 1),
        Row(
            testDescription: "the folder: 500", method: "MKCOL", fault: .internalError, code: .unavailable,
            isAmbiguous: true),
        Row(
            testDescription: "the folder is made, and asked for again by libcurl", method: "MKCOL",
            fault: .breakAnswer(.nothing, .close), code: nil),
        Row(
            testDescription: "the manifest is moved, and asked to be again by libcurl", method: "MOVE",
            fault: .breakAnswer(.nothing, .close), code: nil),
        Row(
            testDescription: "the archive is moved, and asked to be again by libcurl", method: "MOVE",
            fault: .breakAnswer(.nothing, .close), code: nil, skipping: 1),
        Row(
            testDescription: "the archive is moved, and nobody says so", method: "MOVE",
            fault: .breakAnswer(.nothing, .stall), code: .timedOut, isAmbiguous: true, stands: true, skipping: 1),
        Row(
            testDescription: "the archive is moved, and a gateway gives up", method: "MOVE",
            fault: .replaceAnswer(Reply("502 Bad Gateway")), code: .unavailable, isAmbiguous: true, stands: true,
            skipping: 1),
        Row(
            testDescription: "the archive cannot be moved", method: "MOVE", fault: status("507 Full"),
            code: .outOfSpace, skipping: 1),
        Row(
            testDescription: "no answer to the look, which libcurl repeats", method: "HEAD",
            fault: .breakAnswer(.nothing, .close), code: nil),
        Row(testDescription: "slow", method: "PUT", fault: .throttle(bytesPerSecond: 100_000), code: nil),
    ]

    @Test("end rightly, and the next delivery in success", arguments: rows)
    func fault(row: Row) async throws {
        let faulty = try await FaultyDAV()
        let request = try StoreRequest.freshDAV()
        let source = GeneratedSource(size: row.size)
        faulty.proxy.inject(row.fault, skipping: row.skipping, times: 1) { $0.method == row.method }
        var failure: StorageError?
        do throws(StorageError) {
            _ = try await faulty.storage.store(request, from: source)
        } catch {
            failure = error
        }
        #expect(failure?.code == row.code, "\(failure.map { "\($0)" } ?? "")")
        if let failure {
            #expect(failure.isAmbiguous == row.isAmbiguous, "\(failure)")
            #expect((failure.retry == .permanent) == row.isPermanent, "\(failure)")
            #expect(!"\(failure)".contains("labpass") && !"\(failure)".contains("Basic"))
        }
        if row.testDescription.hasPrefix("503") || row.testDescription.hasPrefix("429") {
            #expect(failure?.retry == .transient(after: .seconds(7)))
        }
        faulty.proxy.heal()
        let other = try await faulty.another()
        let stands = row.code == nil || row.stands
        #expect(try await other.list(ListData()).archives.map(\.key) == (stands ? [request.davKey] : []))
        let again = try await other.store(request.davAgain, from: source)
        #expect(again.alreadyPresent == stands)
        #expect(try faulty.bytes(request.davKey) == source.bytes)
        _ = try await other.sweep(olderThan: .seconds(-60))
        #expect(faulty.files() == [request.taskID.text + "/.stowage.json", request.davKey].sorted())
    }

    @Test("a nonce that has run out costs no byte of an archive", arguments: [65_536, 5_000_000])
    func stale(size: Int64) async throws {
        let faulty = try await FaultyDAV(.digest)
        // One of the server's own, as it gives when it does not take the old one any more.
        let server = try await DAVServer.shared()
        let answer = try await ChildProcess.run(
            ["curl", "--silent", "--output", "/dev/null", "--dump-header", "-", server.url(.digest)])
        let line = try #require(answer.split(whereSeparator: \.isNewline).first { $0.hasPrefix("WWW-Authenticate: ") })
        let challenge =
            line.dropFirst("WWW-Authenticate: ".count).trimmingCharacters(in: .whitespacesAndNewlines)
            + ", stale=true"
        faulty.proxy.inject(
            .answer(Reply("401 No", headers: [("WWW-Authenticate", challenge)]), readingBody: false)
        ) { $0.method == "PUT" }
        let request = try StoreRequest.freshDAV()
        let source = GeneratedSource(size: size)
        let receipt = try await faulty.storage.store(request, from: source)
        #expect(!receipt.alreadyPresent)
        #expect(try faulty.bytes(request.davKey) == source.bytes)
        let sent = faulty.proxy.requests.value.filter { $0.method == "PUT" && $0.headers["authorization"] != nil }
        #expect(sent.allSatisfy { $0.headers["authorization"]?.hasPrefix("Digest ") == true })
    }

    @Test("nothing is told to whoever listens before the server has asked how")
    func firstRequest() async throws {
        for way in [DAVServer.Way.basic, .digest] {
            let faulty = try await FaultyDAV(way)
            let requests = faulty.proxy.requests.value
            #expect(requests.first?.headers["authorization"] == nil)
            #expect(requests.count { $0.status == 401 } == 1)
            #expect(requests.dropFirst().allSatisfy { $0.headers["authorization"] != nil })
        }
    }

    @Test("a small archive costs seven requests, over connections that are kept")
    func requests() async throws {
        let faulty = try await FaultyDAV()
        _ = try await faulty.storage.store(try .freshDAV(), from: GeneratedSource(size: 1000))
        let before = faulty.proxy.requests.value.count
        let connections = faulty.proxy.accepted
        _ = try await faulty.storage.store(try .freshDAV(), from: GeneratedSource(size: 65_536))
        let seen = faulty.proxy.requests.value.dropFirst(before).filter { $0.method != "GET" }.map(\.method)
        #expect(seen == ["PUT", "HEAD", "PUT", "HEAD", "MKCOL", "MOVE", "MOVE"])
        #expect(faulty.proxy.accepted == connections)
    }
}
