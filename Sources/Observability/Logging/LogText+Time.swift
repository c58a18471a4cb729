extension LogText {
    /// Appends a moment as RFC 3339 in UTC with milliseconds.
    mutating func append(millisecondsSinceEpoch: Int64) {
        let (days, time) = millisecondsSinceEpoch.floored(by: 86_400_000)
        appendDate(daysSinceEpoch: days)
        append(UInt8(ascii: "T"))
        append(millisecondsOfDay: time)
        append(UInt8(ascii: "Z"))
    }

    /// Appends `12:34:56.789`.
    mutating func append(millisecondsOfDay time: Int64) {
        append(time / 3_600_000, width: 2)
        append(UInt8(ascii: ":"))
        append(time / 60_000 % 60, width: 2)
        append(UInt8(ascii: ":"))
        append(time / 1000 % 60, width: 2)
        append(UInt8(ascii: "."))
        append(time % 1000, width: 3)
    }

    /// Years that begin in March make the leap day the last day of a year: no table of months, no special cases.
    private mutating func appendDate(daysSinceEpoch: Int64) {
        let (era, dayOfEra) = (daysSinceEpoch + 719_468).floored(by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        append(yearOfEra + era * 400 + (month <= 2 ? 1 : 0), width: 4)
        append(UInt8(ascii: "-"))
        append(month, width: 2)
        append(UInt8(ascii: "-"))
        append(day, width: 2)
    }
}

extension Int64 {
    /// Quotient and remainder, the remainder never negative.
    func floored(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
