import Sharing
package import Storage
import StowageContract
import Transfer

/// What stands where, and under which name.
extension FTPServer {
    package func status(_ path: String) async throws(StorageError) -> FileEntry? {
        try await look(absolute(path))
    }

    /// By a path from the server's root.
    func look(_ path: String) async throws(StorageError) -> FileEntry? {
        let name = path.lastSegment
        guard features.tellsFacts else { return try await lookBySize(path, name) }
        let reply = try await run("MLST", "/" + path)
        guard reply.isFailure else {
            guard let found = FTPFacts.status(reply.lines, name: name) else {
                throw StorageError(
                    .unexpected, .transient(after: nil), "the server's facts make no sense",
                    context: ["reply": reply.text])
            }
            return found.isLink ? try await lookBySize(path, name) : found.entry
        }
        guard reply.code == 550 else { throw FTPErrors.refusal("MLST", reply) }
        switch FTPErrors.words(reply) {
        case .missing: return nil
        case .denied: throw FTPErrors.refusal("MLST", reply)
        default: break
        }
        // Not every server says there why it has nothing to tell: ProFTPD does here.
        let time = try await run("MDTM", "/" + path)
        if time.isFailure, time.code == 550, FTPErrors.words(time) == .denied {
            throw FTPErrors.refusal("MDTM", time)
        }
        return nil
    }

    /// Without `MLST`: a file has a size, a folder can be gone into.
    private func lookBySize(_ path: String, _ name: String) async throws(StorageError) -> FileEntry? {
        // The type first: servers do not tell the size of what they would send as text.
        let replies = try await run([("TYPE", "I"), ("SIZE", "/" + path), ("MDTM", "/" + path)])
        if let size = FTPFacts.size(replies[1]) {
            let time = replies[2].isFailure ? nil : FTPTime.timestamp(replies[2].text)
            return FileEntry(name: name, isFolder: false, size: size, modified: time)
        }
        guard [500, 502, 504, 550].contains(replies[1].code) else { throw FTPErrors.refusal("SIZE", replies[1]) }
        // And out again: some servers keep a folder that somebody is in.
        let folder = try await run([("CWD", "/" + path), ("CWD", "/")])[0]
        if !folder.isFailure { return FileEntry(name: name, isFolder: true, size: 0, modified: nil) }
        guard folder.code == 550 else { throw FTPErrors.refusal("CWD", folder) }
        if FTPErrors.words(replies[1]) == .denied || FTPErrors.words(folder) == .denied {
            throw FTPErrors.refusal("CWD", folder)
        }
        if replies[1].code == 550 { return nil }
        // No `SIZE` at all: only the folder tells.
        return try await entries(at: path.parent)?.first { $0.name.utf8.elementsEqual(name.utf8) }
    }

    package func entries(_ folder: String) async throws(StorageError) -> [FileEntry]? {
        try await entries(at: absolute(folder))
    }

    private func entries(at path: String) async throws(StorageError) -> [FileEntry]? {
        guard let bytes = try await listing(of: path) else { return nil }
        var entries: [FileEntry] = []
        for line in FTPListing.lines(bytes) {
            guard
                let found = features.tellsFacts ? FTPFacts.entry(line) : FTPListing.entry(line, now: clock()),
                found.entry.name.isSegment
            else { continue }
            if !found.isLink {
                entries.append(found.entry)
            } else if let target = try await lookBySize(
                path.isEmpty ? found.entry.name : path + "/" + found.entry.name, found.entry.name)
            {
                entries.append(target)
            }
        }
        // Without facts, a folder that is missing looks like one that is empty; a file lists itself.
        if !features.tellsFacts, entries.count <= 1 {
            guard let found = try await look(path), found.isFolder else { return nil }
        }
        return entries
    }

    /// `nil`: there is no such folder.
    private func listing(of path: String, tries: Int = 8) async throws(StorageError) -> [UInt8]? {
        do throws(FTPError) {
            return try await list(path, by: listCommand.withLock(\.self))
        } catch {
            guard case .refused(let verb, let reply) = error.reason, ["MLSD", "LIST"].contains(verb),
                [450, 501, 550].contains(reply.code)
            else { throw FTPErrors.error(error) }
            guard let found = try await look(path), found.isFolder else { return nil }
            // It may have come about since; a claim that many want comes and goes.
            if tries == 1 { throw FTPErrors.refusal(verb, reply) }
        }
        return try await listing(of: path, tries: tries - 1)
    }

    package func makeFolder(_ path: String) async throws(StorageError) -> Bool {
        var reply = try await run("MKD", "/" + absolute(path))
        for isLast in [false, true] {
            guard reply.isFailure else { return true }
            guard [521, 550, 553].contains(reply.code) else { throw FTPErrors.refusal("MKD", reply) }
            if try await status(path) != nil { return false }
            try await requireFolder(of: path)
            // The folder above may have come about since: somebody else has made it.
            if !isLast { reply = try await run("MKD", "/" + absolute(path)) }
        }
        throw FTPErrors.refusal("MKD", reply, notMissing: true)
    }

    package func removeFolder(_ path: String) async throws(StorageError) -> Bool {
        let reply = try await run("RMD", "/" + absolute(path))
        guard reply.isFailure else { return true }
        guard [450, 550, 553].contains(reply.code) else { throw FTPErrors.refusal("RMD", reply) }
        guard try await status(path) != nil else { return false }
        if let entries = try await entries(path), !entries.isEmpty {
            throw StorageError(.conflict, .permanent, "the folder is not empty")
        }
        throw FTPErrors.refusal("RMD", reply, notMissing: true)
    }

    package func remove(_ path: String) async throws(StorageError) -> Bool {
        let reply = try await run("DELE", "/" + absolute(path))
        guard reply.isFailure else { return true }
        guard [450, 550, 553].contains(reply.code) else { throw FTPErrors.refusal("DELE", reply) }
        guard try await status(path) != nil else { return false }
        throw FTPErrors.refusal("DELE", reply, notMissing: true)
    }

    /// FTP cannot ask for more than the new name: most servers replace what stands there.
    package func move(_ path: String, to target: String, replacing: Bool) async throws(StorageError) {
        let replies = try await run([("RNFR", "/" + absolute(path)), ("RNTO", "/" + absolute(target))])
        if replies[0].isFailure { throw await refusal("RNFR", replies[0], path, target) }
        if replies[1].isFailure { throw await refusal("RNTO", replies[1], path, target) }
    }

    /// Why a file was not moved.
    func refusal(_ verb: String, _ reply: FTPReply, _ path: String, _ target: String) async -> StorageError {
        do throws(StorageError) {
            guard [450, 550, 553].contains(reply.code) || verb == "RNTO" && [451, 521].contains(reply.code) else {
                return FTPErrors.refusal(verb, reply)
            }
            if verb == "RNTO" {
                if try await status(target) != nil {
                    return StorageError(
                        .conflict, .permanent, "something stands where the file is to be moved to")
                }
                try await requireFolder(of: target)
            }
            if try await status(path) == nil { return Self.missing }
            return FTPErrors.refusal(verb, reply, notMissing: true)
        } catch {
            return error
        }
    }

    private static let missing = StorageError(.notFound, .permanent, "there is no such file or folder")

    /// - Throws: `.notFound` where the folder above is missing.
    func requireFolder(of path: String) async throws(StorageError) {
        guard !path.parent.isEmpty else { return }
        guard let found = try await status(path.parent), found.isFolder else { throw Self.missing }
    }
}

extension FTPErrors {
    /// Of something that was found to stand: the server's words for what is missing mean something else.
    fileprivate static func refusal(_ verb: String, _ reply: FTPReply, notMissing: Bool) -> StorageError {
        var error = refusal(verb, reply)
        if error.code == .notFound { (error.code, error.message) = (.permissionDenied, "the server forbids it") }
        return error
    }
}

extension String {
    /// Behind the last slash.
    fileprivate var lastSegment: String {
        utf8.lastIndex(of: UInt8(ascii: "/")).map { String(self[utf8.index(after: $0)...]) } ?? self
    }

    /// Before the last slash; empty for the root.
    fileprivate var parent: String {
        utf8.lastIndex(of: UInt8(ascii: "/")).map { String(self[..<$0]) } ?? ""
    }

    /// Whether a path can have it.
    fileprivate var isSegment: Bool {
        !isEmpty && self != "." && self != ".." && utf8.count <= 255
            && utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "/") }
    }
}
