import StrictCoding
import Testing

@Suite("Strict decoder")
struct StrictDecoderTests {
    private enum Level: String, Decodable, CaseIterable { case info, debug }

    private struct Limits: Decodable, Equatable {
        var inlineBytes: Int
        var ratio: Double?
    }

    private struct Settings: Decodable {
        var name: String
        var level: Level?
        var limits: Limits?
        var hosts: [String]?
        var credentials: [String: Limits]?
        var port: UInt16?
        var extra: JSONValue?
    }

    private func decode(_ text: String) throws -> Settings {
        try StrictDecoder(path: "worker").decode(Settings.self, from: JSONParser.parse(text: text))
    }

    private func problems(_ text: String) -> [String] {
        do {
            _ = try decode(text)
            return []
        } catch let error as StrictDecodingError {
            return error.problems.map(\.description)
        } catch { return ["\(error)"] }
    }

    @Test("A right value is decoded")
    func right() throws {
        let settings = try decode(
            #"{"name":"n","level":"debug","limits":{"inlineBytes":1,"ratio":2},"hosts":["a"],"port":65535,"#
                + #""credentials":{"x":{"inlineBytes":2}},"extra":{"any":[1]}}"#)
        #expect(settings.level == .debug && settings.limits == Limits(inlineBytes: 1, ratio: 2))
        #expect(settings.hosts == ["a"] && settings.port == 65535 && settings.extra == ["any": [1]])
        #expect(settings.credentials?["x"] == Limits(inlineBytes: 2, ratio: nil))
    }

    @Test("All problems are told at once, each with its path")
    func allAtOnce() {
        let found = problems(
            #"{"nam":"n","limits":{"inlineBytes":1.0,"ration":2},"hosts":["a",1],"port":70000,"level":"inf","#
                + #""credentials":{"x":{"inlinebytes":1}}}"#)
        #expect(found.contains("worker.name is missing"))
        #expect(found.contains("worker.nam is not known here; did you mean name?"))
        #expect(found.contains("worker.limits.inlineBytes must be an integer, not a number that is no 64-bit integer"))
        #expect(found.contains("worker.limits.ration is not known here; did you mean ratio?"))
        #expect(found.contains("worker.hosts[1] must be a string, not an integer"))
        #expect(found.contains("worker.port must be between 0 and 65535, not 70000"))
        #expect(found.contains("worker.level must be one of info, debug, not “inf”; did you mean info?"))
        #expect(found.contains("worker.credentials.x.inlineBytes is missing"))
        #expect(found.contains("worker.credentials.x.inlinebytes is not known here; did you mean inlineBytes?"))
        #expect(found.count == 9)
    }

    @Test("Null stands for absent only where the type allows it")
    func null() {
        #expect(problems(#"{"name":"n","level":null,"limits":null}"#).isEmpty)
        #expect(problems(#"{"name":null}"#) == ["worker.name must be a string, not null"])
    }

    @Test("Members that somebody else reads are not refused")
    func alsoKnown() throws {
        let decoder = StrictDecoder(alsoKnown: ["type"])
        #expect(try decoder.decode(Limits.self, from: ["inlineBytes": 1, "type": "s3"]) == Limits(inlineBytes: 1))
        let problem = MemberProblem(path: "typ", message: "is not known here; did you mean type?")
        #expect(throws: StrictDecodingError(problems: [problem])) {
            try decoder.decode(Limits.self, from: ["inlineBytes": 1, "typ": "s3"])
        }
    }

    @Test("What is no object is refused where one is expected")
    func notAnObject() {
        #expect(problems("[1]") == ["worker must be an object, not an array"])
    }
}
