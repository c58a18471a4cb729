import StowageContract

/// Moments as HTTP writes them (RFC 9110, section 5.6.7), the two obsolete forms included; pure.
enum HTTPDate {
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// The moment that a text names, `nil` where it names none.
    ///
    /// `now` says of which century a year of two digits is.
    static func parse(_ text: String, now: Timestamp) -> Timestamp? {
        let words = text.split(whereSeparator: { $0 == " " || $0 == "," }).map(String.init)
        switch words.count {
        // Sun, 06 Nov 1994 08:49:37 GMT
        case 6 where words[5] == "GMT": return moment(words[3], words[2], words[1], words[4])
        // Sunday, 06-Nov-94 08:49:37 GMT
        case 4 where words[3] == "GMT":
            let date = words[1].split(separator: "-").map(String.init)
            guard date.count == 3, date[2].utf8.count == 2, let year = Int(date[2]) else { return nil }
            let current = Int(now.text.prefix(4)) ?? 2000
            // A year that seems to lie more than 50 years ahead lies behind.
            let near = current / 100 * 100 + year
            return moment("\(near > current + 50 ? near - 100 : near)", date[1], date[0], words[2])
        // Sun Nov  6 08:49:37 1994
        case 5: return moment(words[4], words[1], words[2], words[3])
        default: return nil
        }
    }

    private static func moment(_ year: String, _ month: String, _ day: String, _ time: String) -> Timestamp? {
        guard let index = months.firstIndex(of: month), (1...2).contains(day.utf8.count) else { return nil }
        let number = index < 9 ? "0\(index + 1)" : "\(index + 1)"
        return Timestamp("\(year)-\(number)-\(day.utf8.count == 1 ? "0" + day : day)T\(time)Z")
    }
}
