extension SFTPLink {
    /// An entry whose name a path can have.
    struct Entry: Sendable {
        var name: String
        var attributes: SFTPAttributes
    }

    /// Everything in a folder, links followed; `nil`: there is no such folder.
    mutating func entries(_ folder: String) throws(SFTPFailure) -> [Entry]? {
        let handle: [UInt8]
        do throws(SFTPFailure) {
            handle = try Self.handle(try call(.openFolder(folder)), "opendir")
        } catch {
            guard case .refused(let status, _) = error else { throw error }
            if status.isAbsence { return nil }
            // A file answers with a failure that has no words.
            guard status.code == SFTPStatus.failure, try attributes(folder)?.kind == .file else { throw error }
            return nil
        }
        let found: [Entry]
        do throws(SFTPFailure) {
            found = try all(handle)
        } catch {
            if !error.breaksConnection { try order(.close(handle)) }
            throw error
        }
        try order(.close(handle))
        return try followed(found, in: folder)
    }

    /// Two requests are always on their way: the second brings the end of a small folder with the first.
    private mutating func all(_ handle: [UInt8]) throws(SFTPFailure) -> [Entry] {
        var entries: [Entry] = []
        var asked = try send([.readFolder(handle), .readFolder(handle)])
        var hasEnded = false
        while !asked.isEmpty {
            switch try reply(to: asked.removeFirst(), "readdir") {
            case .names(let names):
                for name in names {
                    guard let text = String(validating: name.bytes, as: UTF8.self), SFTPPath.isSegment(text) else {
                        continue
                    }
                    entries.append(Entry(name: text, attributes: name.attributes))
                }
                if !hasEnded { asked.append(try send(.readFolder(handle))) }
            case .status(let status) where status.code == SFTPStatus.end: hasEnded = true
            case .status(let status) where status.code != SFTPStatus.ok:
                // Whatever else is on its way is of no interest, and must not be taken for another's.
                for id in asked { _ = try reply(to: id, "readdir") }
                throw .refused(status, call: "readdir")
            default: throw .malformed(call: "readdir")
            }
        }
        return entries
    }

    /// The entries with links exchanged for what they lead to; those that lead nowhere are left out.
    private mutating func followed(_ entries: [Entry], in folder: String) throws(SFTPFailure) -> [Entry] {
        let unknown = entries.filter { $0.attributes.kind == .link || $0.attributes.kind == nil }
        guard !unknown.isEmpty else { return entries }
        var followed = entries.filter { $0.attributes.kind != .link && $0.attributes.kind != nil }
        for entry in unknown {
            let path = (folder == "/" ? "" : folder) + "/" + entry.name
            guard let attributes = try attributes(path) else { continue }
            followed.append(Entry(name: entry.name, attributes: attributes))
        }
        return followed
    }
}
