import Storage
@testable import StorageDrivers
import StowageContract
import Testing
import Transfer

@Suite("what FTP's answers mean")
struct FTPErrorsTests {
    struct Case: Sendable {
        var verb: String
        var code: Int
        var text: String
        var error: ErrorCode
        var isPermanent: Bool
        var isAmbiguous = false
    }

    static let cases: [Case] = [
        Case(verb: "PASS", code: 530, text: "Login incorrect.", error: .unauthenticated, isPermanent: true),
        Case(verb: "USER", code: 550, text: "SSL/TLS required", error: .unauthenticated, isPermanent: true),
        Case(verb: "PASS", code: 530, text: "Too many users", error: .unavailable, isPermanent: false),
        Case(verb: "PASS", code: 421, text: "", error: .unavailable, isPermanent: false),
        Case(verb: "STOR", code: 421, text: "", error: .unavailable, isPermanent: false, isAmbiguous: true),
        Case(verb: "MLST", code: 421, text: "", error: .unavailable, isPermanent: false),
        Case(verb: "STOR", code: 426, text: "", error: .unavailable, isPermanent: false, isAmbiguous: true),
        Case(verb: "STOR", code: 425, text: "", error: .unavailable, isPermanent: false),
        Case(verb: "RNTO", code: 451, text: "", error: .unavailable, isPermanent: false, isAmbiguous: true),
        Case(verb: "STOR", code: 452, text: "", error: .outOfSpace, isPermanent: false),
        Case(verb: "STOR", code: 552, text: "", error: .outOfSpace, isPermanent: false),
        Case(verb: "STOR", code: 550, text: "x: No space left on device", error: .outOfSpace, isPermanent: false),
        Case(verb: "STOR", code: 553, text: "Could not create file.", error: .permissionDenied, isPermanent: true),
        Case(verb: "MKD", code: 550, text: "/x: Permission denied", error: .permissionDenied, isPermanent: true),
        Case(verb: "MKD", code: 550, text: "/x: Read-only file system", error: .readOnly, isPermanent: true),
        Case(verb: "RETR", code: 550, text: "/x: No such file or directory", error: .notFound, isPermanent: true),
        Case(verb: "HASH", code: 500, text: "", error: .unsupported, isPermanent: true),
        Case(verb: "REST", code: 502, text: "", error: .unsupported, isPermanent: true),
        Case(verb: "MKD", code: 550, text: "/a*: Invalid directory name", error: .invalidTask, isPermanent: true),
        Case(verb: "MKD", code: 553, text: "Prohibited directory name", error: .invalidTask, isPermanent: true),
        Case(verb: "MKD", code: 521, text: "", error: .conflict, isPermanent: true),
        Case(verb: "STOR", code: 522, text: "", error: .unavailable, isPermanent: true),
        Case(verb: "RNTO", code: 503, text: "", error: .unexpected, isPermanent: false),
    ]

    @Test("a refusal by its code, its command and its words", arguments: cases)
    func refusals(test: Case) {
        let error = FTPErrors.error(
            FTPError(.refused(verb: test.verb, FTPReply(code: test.code, lines: [test.text]))))
        #expect(error.code == test.error)
        #expect((error.retry == .permanent) == test.isPermanent)
        #expect(error.isAmbiguous == test.isAmbiguous)
        #expect(error.context["status"] == String(test.code))
    }

    @Test("what was not answered may have happened", arguments: ["STOR", "MKD", "RMD", "DELE", "RNTO"])
    func unanswered(verb: String) {
        let lost = TransferError(.peerClosed, "")
        #expect(FTPErrors.error(FTPError(.transfer(lost), unanswered: [verb])).isAmbiguous)
        #expect(!FTPErrors.error(FTPError(.transfer(lost), unanswered: ["RNFR"])).isAmbiguous)
        #expect(!FTPErrors.error(FTPError(.transfer(lost))).isAmbiguous)
    }

    @Test("a source of another size is the source's fault, and what it throws is passed on as it is")
    func sources() {
        let short = FTPErrors.error(FTPError(.transfer(TransferError(.requestBody, "")), unanswered: ["STOR"]))
        #expect(short.code == .integrityMismatch && short.place == .source && short.retry == .permanent)
        let own = StorageError(.rateLimited, .transient(after: nil), "later", at: .source)
        let passed = FTPErrors.error(FTPError(.transfer(TransferError(.requestBody, "", underlying: own))))
        #expect(passed.code == .rateLimited && passed.place == .source)
    }

    @Test("what a server says stands in no error as it is")
    func excerpts() {
        let reply = FTPReply(code: 550, lines: ["a\u{1B}[2Jb", String(repeating: "x", count: 1000)])
        let text = FTPErrors.refusal("STOR", reply).context["reply"] ?? ""
        #expect(text.utf8.count <= 200 && !text.utf8.contains(0x1B) && !text.utf8.contains(0x0A))
    }
}
