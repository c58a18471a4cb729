import StrictCoding
import Testing
import TestSupport

@testable import ServiceRuntime

@Suite("Substitution")
struct SubstitutionTests {
    func applied(_ yaml: String) throws -> (JSONValue, [String], ConfigurationDocument) {
        let environment = ["USER": "jo", "ODD": "a: [b]\n${env:USER} # $", "EMPTY": ""]
        let document = try YAMLDocument.parse(Array(yaml.utf8), file: "f")
        let (result, problems) = Substitution { environment[$0] }.applied(to: document)
        return (result.value, problems.map(\.description), result)
    }

    @Test(
        "Texts are put in anywhere in a value, and not read again",
        arguments: [
            ("${env:USER}", "jo"), ("a-${env:USER}-${env:USER}!", "a-jo-jo!"), ("$${env:USER}", "${env:USER}"),
            ("$5 and $$", "$5 and $$"), ("${env:ODD}", "a: [b]\n${env:USER} # $"), ("${env:EMPTY}x", "x"),
            ("$$${env:USER}", "$${env:USER}"),
        ])
    func values(text: String, expected: String) throws {
        let (value, problems, _) = try applied("k: '\(text)'\n")
        #expect(value == ["k": .string(expected)])
        #expect(problems.isEmpty)
    }

    @Test("A number in a variable stays a text, and keys stay as they are")
    func typesAndKeys() throws {
        let (value, _, _) = try applied("'${env:USER}': [{a: '${env:USER}'}, 7]\n")
        #expect(value == ["${env:USER}": [["a": "jo"], 7]])
    }

    @Test(
        "What cannot be put in names the key and the reason, never a value",
        arguments: [
            ("${env:NOPE}", "k needs the environment variable “NOPE”, which is not set"),
            ("${env:USER", "k has a ${ without its }; write $${ for a plain ${"),
            ("${USER}", "k has a ${…} that is neither ${env:NAME} nor ${file:/path}; write $${ for a plain ${"),
            ("${file:secret}", "k names the file “secret”, which is no absolute path"),
            ("${file:/nonexistent/x}", "k needs the file “/nonexistent/x”, which does not exist"),
            ("${file:/}", "k needs the file “/”, which is a folder"),
        ])
    func problems(text: String, expected: String) throws {
        let (value, problems, _) = try applied("k: '\(text)'\n")
        #expect(problems == [expected])
        #expect(value == ["k": nil])
    }

    @Test("A file loses one line feed at its end and no more")
    func files() throws {
        let folder = try TemporaryFolder()
        for (content, expected) in [("s3cret\n", "s3cret"), ("a\r\n", "a"), ("a\n\n", "a\n"), ("a", "a"), ("", "")] {
            let file = try folder.write(content, to: "secret")
            #expect(try applied("k: ${file:\(file)}\n").0 == ["k": .string(expected)])
        }
        let file = try folder.write([0xFF, 0xFE], to: "binary")
        #expect(try applied("k: ${file:\(file)}\n").1 == ["k needs the file \(file.excerpt), which is not UTF-8 text"])
        let large = try folder.write(String(repeating: "x", count: 65_537), to: "large")
        #expect(
            try applied("k: ${file:\(large)}\n").1 == [
                "k needs the file \(large.excerpt), which is larger than 65536 bytes"
            ])
    }

    @Test("What was put in is not shown")
    func notShown() throws {
        let (_, _, document) = try applied("a: [x, '${env:USER}']\n")
        #expect(document.shown("jo", at: "a[1]") == "‹secret›")
        #expect(document.shown("x", at: "a[0]") == "“x”")
    }
}

@Suite("DurationText")
struct DurationTextTests {
    @Test(
        "Durations are a number and a unit",
        arguments: [
            ("500ms", .milliseconds(500)), ("5s", .seconds(5)), ("2m", .seconds(120)), ("1h", .seconds(3600)),
            ("7d", .seconds(604_800)), ("30d", .seconds(2_592_000)), ("31d", nil), ("0s", nil), ("05s", nil),
            ("5", nil),
            ("s", nil), ("", nil), ("-5s", nil), ("+5s", nil), ("5 s", nil), ("5S", nil), ("5sec", nil), ("1.5h", nil),
            ("99999999999999999999s", nil), ("٥s", nil),
        ] as [(String, Duration?)])
    func table(text: String, expected: Duration?) {
        #expect(DurationText(text)?.duration == expected)
        #expect(DurationText(text)?.text == expected.map { _ in text })
    }
}
