import Foundation
import StowageContract
import Testing

@Suite("Timestamp")
struct TimestampTests {
    @Test(
        "RFC 3339 is read to the millisecond in UTC",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2026-11-20T09:30:00.000Z", 1_795_167_000_000),
            ("2026-11-20T10:30:00+01:00", 1_795_167_000_000), ("2026-11-20T04:00:00-05:30", 1_795_167_000_000),
            ("2026-11-20t09:30:00.1234567z", 1_795_167_000_123), ("2026-11-20T09:30:00.5-00:00", 1_795_167_000_500),
            ("1969-12-31T23:59:59.999Z", -1), ("0000-01-01T00:00:00Z", -62_167_219_200_000),
            ("9999-12-31T23:59:59.999Z", 253_402_300_799_999), ("2000-02-29T00:00:00Z", 951_782_400_000),
            ("2016-12-31T23:59:60Z", 1_483_228_800_000), ("2017-01-01T00:59:60.7+01:00", 1_483_228_800_000),
        ] as [(String, Int64)])
    func read(text: String, milliseconds: Int64) {
        #expect(Timestamp(text)?.millisecondsSinceEpoch == milliseconds)
    }

    @Test(
        "What is no such time is refused",
        arguments: [
            "", "2026", "2026-11-20", "2026-11-20T09:30:00", "2026-11-20 09:30:00Z", "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z", "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-04-31T00:00:00Z",
            "2026-11-20T24:00:00Z", "2026-11-20T09:60:00Z", "2026-11-20T09:30:61Z", "2026-11-20T09:30:60Z",
            "2026-11-20T09:30:00.Z", "2026-11-20T09:30:00+1:00", "2026-11-20T09:30:00+24:00", "2026-11-20T09:30:00Zx",
            "+2026-11-20T09:30:00Z", "2026-11-20T09:30:00ZZ", "0000-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01",
            "２026-11-20T09:30:00Z",
        ])
    func refused(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test("Every day of four hundred years is written as the calendar says and read back")
    func calendar() throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(secondsFromGMT: 0))
        for day in stride(from: Int64(-73_000), through: 73_100, by: 1) {
            let moment = Timestamp(millisecondsSinceEpoch: day * 86_400_000 + 3_723_004)
            #expect(Timestamp(moment.text) == moment)
            guard day % 97 == 0 else { continue }
            let date = Date(timeIntervalSince1970: Double(day) * 86_400)
            let parts = calendar.dateComponents([.year, .month, .day], from: date)
            let expected = String(
                format: "%04d-%02d-%02dT01:02:03.004Z", parts.year ?? 0, parts.month ?? 0, parts.day ?? 0)
            #expect(moment.text == expected)
        }
    }

    @Test("A moment that the text cannot express is shown as the nearest that it can")
    func extremes() {
        #expect(Timestamp(millisecondsSinceEpoch: .min).text == "0000-01-01T00:00:00.000Z")
        #expect(Timestamp(millisecondsSinceEpoch: .max).text == "9999-12-31T23:59:59.999Z")
    }
}
