import Cryptography

/// Small questions, each answered in as few round trips as the protocol allows.
extension SFTPLink {
    /// What stands at a path, links followed; `nil`: nothing.
    mutating func attributes(_ path: String, followingLinks: Bool = true) throws(SFTPFailure) -> SFTPAttributes? {
        let request = SFTPRequest.status(path, followingLinks: followingLinks)
        switch try call(request) {
        case .attributes(let attributes): return attributes
        case .status(let status) where status.isAbsence: return nil
        case .status(let status) where status.code != SFTPStatus.ok: throw .refused(status, call: request.name)
        default: throw .malformed(call: request.name)
        }
    }

    /// Whether something stands at a path, be it a link that leads nowhere; `nil`: the server does not say.
    mutating func has(_ path: String) -> Bool? {
        do throws(SFTPFailure) {
            return try attributes(path, followingLinks: false) != nil
        } catch {
            return nil
        }
    }

    mutating func open(_ path: String, _ flags: SFTPRequest.OpenFlags) throws(SFTPFailure) -> [UInt8] {
        try Self.handle(try call(.open(path, flags)), "open")
    }

    static func handle(_ reply: SFTPReply, _ call: String) throws(SFTPFailure) -> [UInt8] {
        switch reply {
        case .handle(let handle): return handle
        case .status(let status) where status.code != SFTPStatus.ok: throw .refused(status, call: call)
        default: throw .malformed(call: call)
        }
    }

    mutating func room(_ path: String) throws(SFTPFailure) -> SFTPRoom {
        switch try call(.room(path)) {
        case .extended(let answer):
            guard let room = SFTPRoom(answer) else { throw .malformed(call: "statvfs") }
            return room
        case .status(let status) where status.code != SFTPStatus.ok: throw .refused(status, call: "statvfs")
        default: throw .malformed(call: "statvfs")
        }
    }

    /// Exchanges a failure that the server gave no reason for by the reason, where looking shows one.
    ///
    /// `target` is what was to be made.
    mutating func explained(_ failure: SFTPFailure, making target: String?, in root: String) -> SFTPFailure {
        guard case .refused(var status, let call) = failure, status.code == SFTPStatus.failure else { return failure }
        if let target {
            if has(target) == true {
                status.code = SFTPStatus.alreadyExists
                return .refused(status, call: call)
            }
            if let parent = SFTPPath.parent(target), has(parent) == false {
                status.code = SFTPStatus.noSuchPath
                return .refused(status, call: call)
            }
        }
        // Less than one write: others may fill what is left at the same time.
        if greeting.tellsRoom, let room = try? room(root), room.freeBytes < Int64(limits.writeBytes) || !room.hasNames {
            status.code = SFTPStatus.noSpace
            return .refused(status, call: call)
        }
        return failure
    }

    /// Asks for something that is refused where `target` stands, and finds out why it was.
    ///
    /// What stood there may have gone before we looked: then it is asked for again, as nothing has happened.
    mutating func make(_ target: String, in root: String, by request: SFTPRequest) throws(SFTPFailure) {
        var tries = 0
        while true {
            do throws(SFTPFailure) {
                return try order(request)
            } catch {
                tries += 1
                let reason = explained(error, making: target, in: root)
                guard case .refused(let status, _) = reason, status.code == SFTPStatus.failure, tries < 8 else {
                    throw reason
                }
            }
        }
    }

    /// Makes the folders of the root that are missing.
    mutating func makeRoot(_ paths: SFTPPath) throws(SFTPFailure) {
        guard let root = paths.wire(""), try attributes(root) == nil else { return }
        var path = ""
        for segment in paths.root {
            path += "/" + segment
            guard try attributes(path) == nil else { continue }
            do throws(SFTPFailure) {
                try order(.makeFolder(path))
            } catch {
                // Another worker may have been faster.
                guard case .refused = error, try attributes(path) != nil else { throw error }
            }
        }
    }

    /// Whether a file can be given a second name, and a name that is taken is refused; tried with an empty file.
    ///
    /// A server may offer the extension over a file system that has no such links. Where nothing can be written there is
    /// nothing to try, and nothing to move either.
    mutating func tryLinks(_ paths: SFTPPath) throws(SFTPFailure) -> Bool {
        guard greeting.links, let root = paths.wire("") else { return false }
        let folder = root == "/" ? "" : root
        let names = (0..<2).map { _ in folder + "/.stowage-trial-" + RandomBytes.hexadecimal(8) }
        guard case .handle(let handle) = try call(.open(names[0], [.create, .exclusive, .write])) else { return true }
        let requests: [SFTPRequest] = [
            .close(handle), .link(names[0], names[1]), .link(names[0], names[1]), .remove(names[1]), .remove(names[0]),
        ]
        let ids = try send(requests)
        var codes: [UInt32] = []
        for (id, request) in zip(ids, requests) {
            guard case .status(let status) = try reply(to: id, request.name) else {
                throw .malformed(call: request.name)
            }
            codes.append(status.code)
        }
        return codes[1] == SFTPStatus.ok && codes[2] != SFTPStatus.ok
    }
}

extension SFTPStatus {
    /// Nothing stands there.
    var isAbsence: Bool { code == SFTPStatus.noSuchFile || code == SFTPStatus.noSuchPath }
}
