import Storage
import StowageContract
import Testing
import Transfer

@testable import Pipeline

@Suite("Errors of sources and destinations by URL")
struct LocationErrorTests {
    private static let now = Timestamp("2026-11-20T09:30:00Z")!
    private static let server = "https://files.example.org:443"

    @Test(
        "a status says what happened, and whether trying again can help",
        arguments: [
            (204, .unexpected, false), (206, .unexpected, false), (300, .unexpected, false),
            (304, .unexpected, false), (307, .permissionDenied, false),
            (400, .unexpected, false), (401, .unauthenticated, false), (402, .unexpected, false),
            (403, .permissionDenied, false),
            (404, .notFound, false), (405, .unsupported, false), (407, .unauthenticated, false), (408, .timedOut, true),
            (409, .conflict, false), (410, .notFound, false), (411, .unexpected, false), (412, .conflict, false),
            (413, .tooLarge, false), (416, .unexpected, false), (423, .unavailable, true), (425, .unavailable, true),
            (429, .rateLimited, true), (451, .permissionDenied, false), (500, .unavailable, true),
            (501, .unsupported, false),
            (502, .unavailable, true), (503, .unavailable, true), (504, .timedOut, true), (507, .outOfSpace, true),
            (599, .unavailable, true),
        ] as [(Int, ErrorCode, Bool)])
    func statuses(status: Int, code: ErrorCode, isTransient: Bool) {
        let head = TransferHead(status: status, headers: [("Retry-After", "7"), ("Location", "https://s/?secret")])
        for place in [ErrorPlace.source, .destination] {
            let error = StorageError(head, at: place, server: Self.server, now: Self.now)
            #expect(error.code == code && error.place == place && !error.isAmbiguous)
            #expect(error.retry == (isTransient ? .transient(after: .seconds(7)) : .permanent))
            #expect(error.context == ["server": Self.server, "status": String(status)])
        }
    }

    @Test(
        "a failed transfer says the same",
        arguments: [
            (.resolve, .unavailable, true), (.addressRefused, .permissionDenied, false), (.connect, .unavailable, true),
            (.tls, .unavailable, false), (.timeout, .timedOut, true), (.peerClosed, .unavailable, true),
            (.tooLarge, .unexpected, false), (.protocol, .unexpected, false),
            (.redirectRefused, .permissionDenied, false),
            (.invalidRequest, .invalidTask, false), (.requestBody, .unexpected, true), (.cancelled, .cancelled, true),
            (.closed, .unavailable, true), (.unexpected, .unexpected, true),
        ] as [(TransferError.Kind, ErrorCode, Bool)])
    func transfers(kind: TransferError.Kind, code: ErrorCode, isTransient: Bool) {
        var failure = TransferError(kind, "what happened", mayHaveSent: true)
        failure.place = "https://files.example.org:443/secret/path"
        for place in [ErrorPlace.source, .destination] {
            let error = StorageError(failure, at: place, server: Self.server)
            let expected: ErrorPlace = kind == .invalidRequest ? .task : kind == .requestBody ? .driver : place
            #expect(error.code == code && error.place == expected)
            #expect(error.retry == (isTransient ? .transient(after: nil) : .permanent))
            #expect(error.isAmbiguous == (error.place == .destination))
            #expect(!"\(error)".contains("secret"))
        }
    }

    @Test("every kind of failure is in the table above")
    func allKinds() {
        #expect(TransferError.Kind.allCases.count == 14)
    }

    @Test("what the source of a PUT has thrown stays what it was")
    func underlying() {
        let damaged = StorageError(.integrityMismatch, .transient(after: nil), "damaged")
        let failure = TransferError(.requestBody, "the body failed", mayHaveSent: true, underlying: damaged)
        let error = StorageError(failure, at: .destination, server: Self.server)
        #expect(error.code == .integrityMismatch && error.place == .driver && !error.isAmbiguous)
    }
}
