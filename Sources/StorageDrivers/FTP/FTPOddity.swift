/// What FTP servers are known to refuse in a name, or to take out of it; pure.
enum FTPOddity: CaseIterable, Sendable {
    /// ProFTPD 1.3.8 makes no folder with one in its path: "Invalid directory name".
    case asteriskInFolder
    /// Pure-FTPd 1.0.50: "Prohibited directory name".
    case backslash
    /// Pure-FTPd writes `_` for it, and says that all went well.
    case blankAtEnd

    /// Those that the path of a file has.
    static func all(in path: String) -> [FTPOddity] {
        allCases.filter { oddity in
            let segments = path.split(separator: "/")
            return switch oddity {
            case .asteriskInFolder: segments.dropLast().contains { $0.utf8.contains(UInt8(ascii: "*")) }
            case .backslash: path.utf8.contains(UInt8(ascii: "\\"))
            case .blankAtEnd: segments.contains { $0.utf8.last == UInt8(ascii: " ") }
            }
        }
    }

    /// What stands behind the name of a folder that is made to try it.
    var suffix: String {
        switch self {
        case .asteriskInFolder: "*"
        case .backslash: "\\"
        case .blankAtEnd: " "
        }
    }
}
