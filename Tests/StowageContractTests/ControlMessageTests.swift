import StowageContract
import StrictCoding
import Testing

@Suite("Control messages")
struct ControlMessageTests {
    @Test("absent and null mean all")
    func all() throws {
        let everything = ControlMessage.consumption(.drain, driver: nil, worker: nil)
        for body in [#"{"command":"drain"}"#, #"{"command":"drain","driver":null,"worker":null}"#] {
            #expect(try ControlMessage.read(body: Array(body.utf8)) == everything)
        }
    }

    @Test(
        "what is not exactly a control message is refused",
        arguments: [
            ("", "the document is not JSON"), ("[]", "must be an object"), ("{}", "command is missing"),
            (#"{"command":"cancel"}"#, "task is missing"), (#"{"command":"cancel","task":"a/b"}"#, "task "),
            (#"{"command":"cancel","task":7}"#, "task must be a string"),
            (#"{"command":"cancel","task":"a","driver":"b"}"#, "driver is not known here"),
            (#"{"command":"cancel","task":"a","task":"b"}"#, "the document is not JSON"),
            (#"{"command":"Pause"}"#, "did you mean pause?"), (#"{"command":"stop"}"#, "command must be one of"),
            (#"{"command":"pause","task":"a"}"#, "task is not known here"),
            (#"{"command":"pause","driver":"all"}"#, "driver "), (#"{"command":"pause","drivers":["a"]}"#, "drivers"),
            (#"{"command":"pause","worker":""}"#, "worker must be 1 to 255 bytes"),
        ])
    func refused(body: String, problem: String) {
        do {
            let message = try ControlMessage.read(body: Array(body.utf8))
            Issue.record("read as \(message)")
        } catch {
            #expect("\(error)".contains(problem), "\(error)")
        }
    }
}
