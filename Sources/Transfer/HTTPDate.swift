/// Moments as HTTP writes them (RFC 9110, section 5.6.7), the two obsolete forms included; pure.
package enum HTTPDate {
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// Milliseconds since 1970 of the moment that a text names, `nil` where it names none.
    ///
    /// `now`, in the same unit, says of which century a year of two digits is.
    package static func milliseconds(_ text: String, now: Int64) -> Int64? {
        let words = text.split(whereSeparator: { $0 == " " || $0 == "," }).map(String.init)
        switch words.count {
        // Sun, 06 Nov 1994 08:49:37 GMT
        case 6 where words[5] == "GMT": return moment(Int64(words[3]), words[2], words[1], words[4])
        // Sunday, 06-Nov-94 08:49:37 GMT
        case 4 where words[3] == "GMT":
            let date = words[1].split(separator: "-").map(String.init)
            guard date.count == 3, date[2].utf8.count == 2, let year = Int64(date[2]) else { return nil }
            // Years of 365.2425 days: near enough to tell a century.
            let current = 1970 + now / 31_556_952_000
            // A year that seems to lie more than 50 years ahead lies behind.
            let near = current / 100 * 100 + year
            return moment(near > current + 50 ? near - 100 : near, date[1], date[0], words[2])
        // Sun Nov  6 08:49:37 1994
        case 5: return moment(Int64(words[4]), words[1], words[2], words[3])
        default: return nil
        }
    }

    private static func moment(_ year: Int64?, _ month: String, _ day: String, _ time: String) -> Int64? {
        guard let year, (1600...9999).contains(year), let month = months.firstIndex(of: month),
            (1...2).contains(day.utf8.count), let day = Int64(day), (1...daysIn(month, of: year)).contains(day)
        else { return nil }
        let parts = time.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3, parts.allSatisfy({ $0.utf8.count == 2 }), let hour = Int64(parts[0]),
            let minute = Int64(parts[1]), let second = Int64(parts[2]), (0..<24).contains(hour),
            (0..<60).contains(minute), (0...60).contains(second)
        else { return nil }
        // Counted from March: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
        let shifted = month < 2 ? year - 1 : year
        let (era, yearOfEra) = (shifted / 400, shifted % 400)
        let dayOfYear = (153 * Int64(month < 2 ? month + 10 : month - 2) + 2) / 5 + day - 1
        let days = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
        return ((days * 24 + hour) * 60 + minute) * 60_000 + second * 1000
    }

    private static func daysIn(_ month: Int, of year: Int64) -> Int64 {
        switch month {
        case 1: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 3, 5, 8, 10: 30
        default: 31
        }
    }
}
