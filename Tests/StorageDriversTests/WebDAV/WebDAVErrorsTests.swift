import Storage
import StowageContract
import Testing
import Transfer

@testable import StorageDrivers

@Suite("Errors of WebDAV servers")
struct WebDAVErrorsTests {
    private static let now = Timestamp(millisecondsSinceEpoch: 0)

    struct Row: Sendable, CustomTestStringConvertible {
        var method: String
        var status: Int
        var code: ErrorCode
        var isPassing = false
        var isAmbiguous = false

        var testDescription: String { "\(method) \(status)" }
    }

    static let rows = [
        Row(method: "PUT", status: 401, code: .unauthenticated),
        Row(method: "PUT", status: 403, code: .permissionDenied),
        Row(method: "GET", status: 404, code: .notFound),
        Row(method: "MOVE", status: 409, code: .unavailable, isPassing: true),
        Row(method: "PROPFIND", status: 405, code: .unsupported),
        Row(method: "PUT", status: 411, code: .unsupported),
        Row(method: "MOVE", status: 412, code: .conflict),
        Row(method: "PUT", status: 413, code: .tooLarge),
        Row(method: "PUT", status: 423, code: .unavailable, isPassing: true),
        Row(method: "PUT", status: 429, code: .rateLimited, isPassing: true),
        Row(method: "PUT", status: 500, code: .unavailable, isPassing: true, isAmbiguous: true),
        Row(method: "GET", status: 500, code: .unavailable, isPassing: true),
        Row(method: "MKCOL", status: 501, code: .unsupported),
        Row(method: "MKCOL", status: 502, code: .unavailable, isPassing: true, isAmbiguous: true),
        Row(method: "MOVE", status: 504, code: .timedOut, isPassing: true, isAmbiguous: true),
        Row(method: "PUT", status: 507, code: .outOfSpace, isPassing: true),
        Row(method: "PUT", status: 302, code: .permissionDenied),
        Row(method: "MOVE", status: 202, code: .unavailable, isPassing: true, isAmbiguous: true),
    ]

    @Test("say what a status means", arguments: rows)
    func status(row: Row) {
        let answer = WebDAVAnswer(head: TransferHead(status: row.status), bytes: [], isRepeat: false)
        let error = WebDAVErrors.error(answer, WebDAVCall(row.method, "/a"), now: Self.now)
        #expect(error.code == row.code && error.isAmbiguous == row.isAmbiguous)
        #expect((error.retry != .permanent) == row.isPassing)
        #expect(error.context["status"] == String(row.status))
    }

    @Test("wait for as long as the server asks", arguments: [429, 503])
    func retryAfter(status: Int) {
        let head = TransferHead(status: status, headers: [("Retry-After", "7")])
        let error = WebDAVErrors.error(head, WebDAVCall("PUT", "/a"), now: Self.now)
        #expect(error.retry == .transient(after: .seconds(7)))
    }

    @Test("are found within a success that is none")
    func inside() {
        let document = """
            <D:multistatus xmlns:D="DAV:"><D:response><D:href>/f/</D:href><D:status>HTTP/1.1 423 Locked</D:status>\
            </D:response></D:multistatus>
            """
        let answer = WebDAVAnswer(head: TransferHead(status: 207), bytes: Array(document.utf8), isRepeat: false)
        let error = WebDAVErrors.error(answer, WebDAVCall("PUT", "/f/a"), now: Self.now)
        #expect(error.code == .unavailable && !error.isAmbiguous && error.context["status"] == "423")
    }

    @Test("that Transfer reports say whether the server may have done it")
    func transfer() {
        let lost = TransferError(.peerClosed, "lost", mayHaveSent: true)
        #expect(WebDAVErrors.error(lost, WebDAVCall("PUT", "/a")).isAmbiguous)
        #expect(!WebDAVErrors.error(lost, WebDAVCall("GET", "/a")).isAmbiguous)
        let source = TransferError(
            .requestBody, "failed", underlying: StorageError(.notFound, .permanent, "gone", at: .source))
        #expect(WebDAVErrors.error(source, WebDAVCall("PUT", "/a")).place == .source)
        let short = WebDAVErrors.error(TransferError(.requestBody, "short"), WebDAVCall("PUT", "/a"))
        #expect(short.code == .integrityMismatch && short.place == .source)
    }
}
