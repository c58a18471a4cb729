import Transfer

/// What a server says that it can do, by `FEAT` (RFC 2389).
struct FTPFeatures: Sendable, Equatable {
    /// How the digest of a file is asked for.
    enum Digest: Sendable, Equatable {
        /// `HASH` (draft-bryan-ftpext-hash), behind `OPTS HASH SHA-256`.
        case hash
        /// `XSHA256`.
        case xsha256
    }

    /// `MLST` and `MLSD` with the facts that are needed (RFC 3659).
    var tellsFacts = false
    /// `REST` before `STOR` and `RETR`.
    var restarts = false
    /// Names are UTF-8 (RFC 2640), at the latest after `OPTS UTF8 ON`.
    var isUTF8 = false
    var digest: Digest?

    init() {}

    init(_ reply: FTPReply) {
        guard !reply.isFailure else { return }
        for line in reply.lines {
            let words = line.uppercased().split(separator: " ", maxSplits: 1)
            let rest = words.count > 1 ? words[1] : ""
            switch words.first {
            case "MLST":
                let facts = rest.split(separator: ";").map { $0.filter { $0 != "*" } }
                tellsFacts = facts.contains("TYPE") && facts.contains("SIZE")
            case "REST": restarts = rest.hasPrefix("STREAM")
            case "UTF8": isUTF8 = true
            case "HASH" where rest.split(separator: ";").contains { $0.filter { $0 != "*" } == "SHA-256" }:
                digest = .hash
            case "XSHA256" where digest == nil: digest = .xsha256
            default: break
            }
        }
    }
}
