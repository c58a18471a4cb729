import Storage
import StowageContract

/// Reads what `LIST` prints: lines as those of `ls -l`, or of Windows; pure.
///
/// Nothing else is to be had from servers without `MLSD`. Their times have no zone, and some no year: good enough to tell what
/// is old.
enum FTPListing {
    /// The lines of a listing, whatever ends them.
    static func lines(_ bytes: [UInt8]) -> [String] {
        bytes.split(separator: UInt8(ascii: "\n")).map { line in
            String(decoding: line.last == UInt8(ascii: "\r") ? line.dropLast() : line, as: UTF8.self)
        }
    }

    /// `nil` for lines that tell of nothing.
    ///
    /// `now` is what a time without a year is near to.
    static func entry(_ line: String, now: Timestamp) -> (entry: FileEntry, isLink: Bool)? {
        guard let first = line.utf8.first else { return nil }
        switch first {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): return windows(line)
        default: return unix(line, now: now)
        }
    }

    /// `-rw-r--r--   1 lab  lab   1234 Nov 21 21:00 a name`; the group may be missing.
    private static func unix(_ line: String, now: Timestamp) -> (entry: FileEntry, isLink: Bool)? {
        guard let kind = line.utf8.first, "-dl".utf8.contains(kind) else { return nil }
        var rest = Substring(line)
        let mode = word(&rest)
        guard mode.utf8.count >= 10 else { return nil }
        // The month is where the columns can be told apart: links, owner and group may be anything in front of the size.
        var before: [Substring] = []
        var month: Int?
        while month == nil, !rest.isEmpty, before.count < 8 {
            let next = word(&rest)
            if before.count >= 2, let number = months[next.lowercased()], Int64(before[before.count - 1]) != nil {
                month = number
            } else {
                before.append(next)
            }
        }
        guard let month, let size = before.last.flatMap({ Int64($0) }), size >= 0, let day = Int(word(&rest)) else {
            return nil
        }
        let time = word(&rest)
        // One blank ends the columns: those that follow belong to the name.
        guard rest.utf8.first == UInt8(ascii: " ") else { return nil }
        var name = String(rest.dropFirst())
        let isLink = kind == UInt8(ascii: "l")
        if isLink, let arrow = name.range(of: " -> ") { name = String(name[..<arrow.lowerBound]) }
        guard !name.isEmpty else { return nil }
        let isFolder = kind == UInt8(ascii: "d")
        return (
            FileEntry(
                name: name, isFolder: isFolder, size: isFolder ? 0 : size,
                modified: timestamp(month: month, day: day, time, now: now)), isLink
        )
    }

    /// `11-21-26  09:00PM       <DIR>          a name`, with two or four digits of the year.
    private static func windows(_ line: String) -> (entry: FileEntry, isLink: Bool)? {
        var rest = Substring(line)
        let date = word(&rest).split(separator: "-")
        let time = word(&rest)
        let size = word(&rest)
        guard date.count == 3, let month = Int(date[0]), let day = Int(date[1]), var year = Int(date[2]),
            time.utf8.count >= 5, var hour = Int(time.prefix(2)), let minute = Int(time.dropFirst(3).prefix(2)),
            rest.utf8.first == UInt8(ascii: " ")
        else { return nil }
        if date[2].utf8.count <= 2 { year += year < 70 ? 2000 : 1900 }
        let half = time.dropFirst(5).uppercased()
        if half == "PM", hour < 12 { hour += 12 }
        if half == "AM", hour == 12 { hour = 0 }
        let isFolder = size.uppercased() == "<DIR>"
        guard let bytes = isFolder ? 0 : Int64(size), bytes >= 0 else { return nil }
        // Names stand in a column of their own, after `<DIR>` farther to the right.
        let name = isFolder ? rest.drop { $0 == " " } : rest.dropFirst()
        guard !name.isEmpty else { return nil }
        return (
            FileEntry(
                name: String(name), isFolder: isFolder, size: bytes,
                modified: timestamp(year, month, day, hour, minute)), false
        )
    }

    private static let months: [String: Int] = [
        "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11,
        "dec": 12,
    ]

    /// The next column and the blanks before it; what follows keeps its blanks.
    private static func word(_ rest: inout Substring) -> Substring {
        rest = rest.drop { $0 == " " }
        let word = rest.prefix { $0 != " " }
        rest = rest[word.endIndex...]
        return word
    }

    /// `21:00` of this year, or of the one before where it would lie ahead; or `2025`.
    private static func timestamp(month: Int, day: Int, _ time: Substring, now: Timestamp) -> Timestamp? {
        let parts = time.split(separator: ":")
        if parts.count == 1, let year = Int(time) { return timestamp(year, month, day, 0, 0) }
        guard parts.count == 2, let hour = Int(parts[0]), let minute = Int(parts[1]), let year = Int(now.text.prefix(4))
        else { return nil }
        // A day: clocks and zones differ.
        let latest = Timestamp(millisecondsSinceEpoch: now.millisecondsSinceEpoch + 86_400_000)
        for candidate in [year + 1, year, year - 1] {
            if let time = timestamp(candidate, month, day, hour, minute), time <= latest { return time }
        }
        return nil
    }

    private static func timestamp(_ year: Int, _ month: Int, _ day: Int, _ hour: Int, _ minute: Int) -> Timestamp? {
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return Timestamp("\(year)-\(two(month))-\(two(day))T\(two(hour)):\(two(minute)):00Z")
    }
}

extension String {
    fileprivate func range(of text: String) -> Range<String.Index>? {
        ranges(of: text).first
    }
}
