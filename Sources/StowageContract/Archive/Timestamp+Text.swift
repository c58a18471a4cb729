extension Timestamp: CustomStringConvertible {
    /// RFC 3339 in UTC with milliseconds: `2026-11-20T09:30:00.000Z`.
    ///
    /// Years before 0 and after 9999, which it cannot express, are shown as the first and the last moment that it can.
    public var text: String {
        String(unsafeUninitializedCapacity: 24) { buffer in
            write(into: buffer)
            return 24
        }
    }

    /// As `text`.
    public var description: String { text }

    private static let first: Int64 = -62_167_219_200_000
    private static let last: Int64 = 253_402_300_799_999

    private func write(into buffer: UnsafeMutableBufferPointer<UInt8>) {
        let milliseconds = min(max(millisecondsSinceEpoch, Self.first), Self.last)
        let (days, rest) = milliseconds.flooredQuotientAndRemainder(by: 86_400_000)
        let date = CivilDate(daysSinceEpoch: days)
        var end = 0
        func append(_ number: Int64, digits: Int, then separator: Unicode.Scalar) {
            var rest = number
            for index in (end..<end + digits).reversed() {
                buffer[index] = UInt8(rest % 10) + 0x30
                rest /= 10
            }
            buffer[end + digits] = UInt8(ascii: separator)
            end += digits + 1
        }
        append(date.year, digits: 4, then: "-")
        append(date.month, digits: 2, then: "-")
        append(date.day, digits: 2, then: "T")
        append(rest / 3_600_000, digits: 2, then: ":")
        append(rest / 60_000 % 60, digits: 2, then: ":")
        append(rest / 1000 % 60, digits: 2, then: ".")
        append(rest % 1000, digits: 3, then: "Z")
    }

    /// The moment that RFC 3339 `text` names, to the millisecond (further digits are cut); `nil` where it is none.
    ///
    /// Any offset is accepted; a leap second counts as the second after it.
    public init?(_ text: String) {
        var fields = TimestampFields(Array(text.utf8))
        guard
            let year = fields.number(digits: 4, then: "-"), let month = fields.number(digits: 2, then: "-"),
            let day = fields.number(digits: 2, then: "T"), let hour = fields.number(digits: 2, then: ":"),
            let minute = fields.number(digits: 2, then: ":"), let second = fields.number(digits: 2, then: nil),
            let milliseconds = fields.fraction(), let offsetMinutes = fields.offset(), fields.isAtEnd,
            let date = CivilDate(year: year, month: month, day: day), hour < 24, minute < 60, second <= 60
        else { return nil }
        let minutes = (date.daysSinceEpoch * 24 + hour) * 60 + minute - offsetMinutes
        // A leap second is the last one of a UTC day.
        if second == 60, minutes.flooredQuotientAndRemainder(by: 1440).remainder != 1439 { return nil }
        let moment = (minutes * 60 + second) * 1000 + (second == 60 ? 0 : milliseconds)
        guard (Self.first...Self.last).contains(moment) else { return nil }
        self.init(millisecondsSinceEpoch: moment)
    }
}

/// Takes the fields of a timestamp from the front of its text.
private struct TimestampFields {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }

    private var current: UInt8 { position < bytes.count ? bytes[position] : 0 }

    private mutating func digit() -> Int64? {
        guard (0x30...0x39).contains(current) else { return nil }
        defer { position += 1 }
        return Int64(current - 0x30)
    }

    mutating func number(digits: Int, then separator: Unicode.Scalar?) -> Int64? {
        var number: Int64 = 0
        for _ in 0..<digits {
            guard let digit = digit() else { return nil }
            number = number * 10 + digit
        }
        guard let separator else { return number }
        // RFC 3339 lets `t` and `z` be lower case.
        guard current == UInt8(ascii: separator) || (separator == "T" && current == UInt8(ascii: "t")) else {
            return nil
        }
        position += 1
        return number
    }

    /// The milliseconds of a fraction; 0 without one.
    mutating func fraction() -> Int64? {
        guard current == UInt8(ascii: ".") else { return 0 }
        position += 1
        var milliseconds: Int64 = 0
        var weight: Int64 = 100
        var count = 0
        while let digit = digit() {
            milliseconds += digit * weight
            weight /= 10
            count += 1
        }
        return (1...24).contains(count) ? milliseconds : nil
    }

    /// The minutes that the text is ahead of UTC.
    mutating func offset() -> Int64? {
        let sign = current
        position += 1
        switch sign {
        case UInt8(ascii: "Z"), UInt8(ascii: "z"): return 0
        case UInt8(ascii: "+"), UInt8(ascii: "-"):
            guard let hours = number(digits: 2, then: ":"), let minutes = number(digits: 2, then: nil), hours < 24,
                minutes < 60
            else { return nil }
            return (hours * 60 + minutes) * (sign == UInt8(ascii: "-") ? -1 : 1)
        default: return nil
        }
    }
}
