import Storage
import StowageContract
import Transfer

/// Reads what `MLST` and `MLSD` tell of a file (RFC 3659, 7.2); pure.
enum FTPFacts {
    /// `type=file;size=3;modify=20261121214732; name`; `nil` for what is no file and no folder below the one asked for.
    ///
    /// A link is `linked`: what it leads to has to be asked for.
    /// `isAsked`: the line tells of the path that was asked for, which may call itself the current folder.
    static func entry(_ line: String, isAsked: Bool = false) -> (entry: FileEntry, isLink: Bool)? {
        guard let blank = line.utf8.firstIndex(of: UInt8(ascii: " ")) else { return nil }
        let name = String(line[line.utf8.index(after: blank)...])
        var facts: [String: String] = [:]
        for fact in line[..<blank].split(separator: ";") {
            let parts = fact.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { facts[parts[0].lowercased()] = String(parts[1]) }
        }
        guard let type = facts["type"]?.lowercased() else { return nil }
        let modified = facts["modify"].flatMap { FTPTime.timestamp($0) }
        switch type {
        case "file":
            guard let size = facts["size"].flatMap({ Int64($0) }), size >= 0 else { return nil }
            return (FileEntry(name: name, isFolder: false, size: size, modified: modified), false)
        case "dir": return (FileEntry(name: name, isFolder: true, size: 0, modified: modified), false)
        case "cdir" where isAsked, "pdir" where isAsked:
            return (FileEntry(name: name, isFolder: true, size: 0, modified: modified), false)
        case "cdir", "pdir": return nil
        default:
            guard type.hasPrefix("os.unix=s") else { return nil }
            return (FileEntry(name: name, isFolder: false, size: 0, modified: modified), true)
        }
    }

    /// What stands at the path that `MLST` was asked for.
    ///
    /// Servers write the path as it was asked for, or only its end, or their own form of it: it is not looked at.
    static func status(_ lines: [String], name: String) -> (entry: FileEntry, isLink: Bool)? {
        for line in lines {
            guard var found = entry(String(line.drop { $0 == " " }), isAsked: true) else { continue }
            found.entry.name = name
            return found
        }
        return nil
    }

    /// The size of a file, by the answer to `MLST` or `SIZE`; `nil`: it was refused, or says none.
    static func size(_ reply: FTPReply) -> Int64? {
        if reply.isFailure { return nil }
        if reply.code == 213 { return reply.text.split(separator: " ").first.flatMap { Int64($0) } }
        guard let found = status(reply.lines, name: ""), !found.isLink, !found.entry.isFolder else { return nil }
        return found.entry.size
    }
}

/// Times as FTP writes them: `20261121214732.123`, in UTC.
enum FTPTime {
    static func timestamp(_ text: String) -> Timestamp? {
        let digits = Array(text.utf8.prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") })
        guard digits.count == 14 else { return nil }
        func part(_ range: Range<Int>) -> String { String(decoding: digits[range], as: UTF8.self) }
        return Timestamp(
            "\(part(0..<4))-\(part(4..<6))-\(part(6..<8))T\(part(8..<10)):\(part(10..<12)):\(part(12..<14))Z")
    }
}
