import Foundation
import Testing

@testable import Observability

@Suite("LogFormat")
struct LogFormatTests {
    static let moment: Int64 = 1_795_170_615_042  // 2026-11-20T10:30:15.042Z

    func text(_ format: LogFormat, _ line: LogLine, isColored: Bool = false) -> String {
        String(
            decoding: format.bytes(of: line, millisecondsSinceEpoch: Self.moment, isColored: isColored), as: UTF8.self)
    }

    @Test("A JSON line has time, level, message and the fields in order")
    func json() {
        let line = LogLine(
            level: .warning, message: "task failed",
            fields: [LogField("task.id", "t-1"), LogField("attempt", 3)])
        #expect(
            text(.json, line)
                == #"{"time":"2026-11-20T10:30:15.042Z","level":"warning","message":"task failed","#
                + #""task.id":"t-1","attempt":"3"}"# + "\n")
    }

    @Test("A text line is for people")
    func plain() {
        let line = LogLine(
            level: .info, message: "started",
            fields: [LogField("driver.name", "archive"), LogField("path", "a b"), LogField("none", "")])
        #expect(text(.text, line) == "10:30:15.042 INFO  started  driver.name=archive path=\"a b\" none=\"\"\n")
        #expect(text(.text, line, isColored: true).contains("\u{1B}[32mINFO \u{1B}[0m started"))
    }

    static let hostile = [
        "\n", "\r\n{\"level\":\"error\"}", "\u{0}", "\u{1B}[2J", "\u{7F}", "\u{85}", "\u{9B}31m", "\u{2028}",
        "\u{2029}",
        "\u{202E}gpj.exe", "\u{2066}x\u{2069}", "\"", "\\", "\\\"", "\t", "a\"b\\c\nd", "😀é中", "\u{C2A0}", "\u{A0}",
        "",
    ]

    @Test("Nothing from outside ends a line or steers a terminal, and JSON readers get it back", arguments: hostile)
    func injection(_ value: String) throws {
        let line = LogLine(level: .info, message: "m" + value, fields: [LogField("k" + value, "v" + value)])
        for format in LogFormat.allCases {
            let bytes = format.bytes(of: line, millisecondsSinceEpoch: Self.moment)
            #expect(bytes.count { $0 == 0x0A } == 1)
            #expect(bytes.last == 0x0A)
            let forbidden = String(decoding: bytes.dropLast(), as: UTF8.self).unicodeScalars.filter { scalar in
                scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
                    || (0x2028...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
            }
            #expect(forbidden.isEmpty)
        }
        let object = try JSONSerialization.jsonObject(
            with: Data(LogFormat.json.bytes(of: line, millisecondsSinceEpoch: Self.moment)))
        let members = try #require(object as? [String: String])
        #expect(members["message"].map { Array($0.utf8) } == Array(("m" + value).utf8))
        #expect(members["k" + value].map { Array($0.utf8) } == Array(("v" + value).utf8))
        #expect(members.count == 4)
    }

    @Test("Of fields with one key the last is written, and a member of the line itself is never written twice")
    func repeated() throws {
        let line = LogLine(
            level: .info, message: "m",
            fields: [LogField("a", 1), LogField("b", 2), LogField("a", 3), LogField("level", 4)])
        #expect(text(.json, line).hasSuffix(#""b":"2","a":"3","field.level":"4"}"# + "\n"))
    }

    @Test(
        "Times are RFC 3339",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"), (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"), (1_709_251_199_999, "2024-02-29T23:59:59.999Z"),
        ] as [(Int64, String)])
    func times(milliseconds: Int64, expected: String) {
        var text = LogText()
        text.append(millisecondsSinceEpoch: milliseconds)
        #expect(String(decoding: text.bytes, as: UTF8.self) == expected)
    }

    @Test("Every day of 400 years agrees with Foundation")
    func days() throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(secondsFromGMT: 0))
        for day in stride(from: Int64(-100_000), through: 60_000, by: 7) {
            var text = LogText()
            text.append(millisecondsSinceEpoch: day * 86_400_000)
            let parts = calendar.dateComponents(
                [.year, .month, .day], from: Date(timeIntervalSince1970: Double(day) * 86_400))
            guard let year = parts.year, let month = parts.month, let dayOfMonth = parts.day, year > 1600 else {
                continue
            }
            let expected = String(format: "%04d-%02d-%02dT00:00:00.000Z", year, month, dayOfMonth)
            try #require(String(decoding: text.bytes, as: UTF8.self) == expected)
        }
    }
}
