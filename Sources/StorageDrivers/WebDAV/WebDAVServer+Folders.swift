import Cryptography
package import Storage
import StowageContract
import Transfer

extension WebDAVServer {
    package func status(_ path: String) async throws(StorageError) -> FileEntry? {
        // Where we have put a file, HEAD is about a file; of a folder it says whatever a server likes.
        if files.contains(path), let entry = try await quickStatus(path) { return entry }
        let call = WebDAVCall.find(address.target(path), depth: 0)
        let answer = try await find(call)
        if answer.status == 404 || answer.status == 410 { return nil }
        guard answer.status == 207 else { throw error(answer, call) }
        let found = try Multistatus(parsing: answer.bytes, of: call.target, now: client.now()).only(call.target)
        guard let found else { return nil }
        return try await entry(found, path: path)
    }

    /// Asks about a resource, and again where the server failed: WsgiDAV does, time and again, while somebody else moves or
    /// removes something that it is just telling of.
    private func find(_ call: WebDAVCall) async throws(StorageError) -> WebDAVAnswer {
        for _ in 0..<5 {
            let answer = try await client.send(call)
            if answer.status != 500 { return answer }
        }
        return try await client.send(call)
    }

    package func entries(_ folder: String) async throws(StorageError) -> [FileEntry]? {
        let call = WebDAVCall.find(address.target(folder, isFolder: true), depth: 1)
        let answer = try await find(call)
        if answer.status == 404 || answer.status == 410 { return nil }
        guard answer.status == 207 else {
            // Below a file there is nothing that it could be asked about.
            if [400, 403, 405, 409].contains(answer.status), !folder.isEmpty,
                try await self.status(folder)?.isFolder != true
            {
                return nil
            }
            throw error(answer, call)
        }
        let status = try Multistatus(parsing: answer.bytes, of: call.target, now: client.now())
        guard let members = try status.members(of: call.target) else { return nil }
        var entries: [FileEntry] = []
        for member in members {
            guard let name = member.href.name.flatMap({ address.naming.read($0) }), !isTrace(name) else { continue }
            entries.append(try await entry(member, path: folder.isEmpty ? name : "\(folder)/\(name)"))
        }
        return entries
    }

    package func makeFolder(_ path: String) async throws(StorageError) -> Bool {
        try checkLength(of: path)
        guard try await makeAnyFolder(path) else { return false }
        return believesItself ? try await ownFolder(path) : true
    }

    /// Returns whether the server says that this call made it.
    private func makeAnyFolder(_ path: String) async throws(StorageError) -> Bool {
        if makesFoldersTwice, try await status(path) != nil { return false }
        let call = WebDAVCall("MKCOL", address.target(path, isFolder: true))
        let answer = try await client.send(call)
        switch answer.status {
        case 201, 200, 204:
            folders.insert(path)
            return true
        // After a repetition it may be ours; who takes it for somebody else's waits, and replaces nothing.
        case 405: return false
        default:
            try await expectFolder(above: path, unless: answer)
            // Apache forbids what it has just seen somebody else make, and does not understand it where a file stands; WsgiDAV fails.
            if [400, 403, 500].contains(answer.status), try await status(path) != nil { return false }
            throw error(answer, call)
        }
    }

    /// Removes a folder that is empty.
    ///
    /// DELETE takes a folder with all that is in it. So it gets a name that nobody knows first, in one step that only one of
    /// many callers succeeds with; what somebody has put in until then goes back with it.
    package func removeFolder(_ path: String) async throws(StorageError) -> Bool {
        guard let before = try await entries(path) else { return false }
        guard before.isEmpty else { throw Self.notEmpty }
        folders.remove(path)
        let aside = nameAside(path)
        guard try await moveFolder(path, to: aside) else { return false }
        do throws(StorageError) {
            let found = try await entries(aside)
            // Of several who were told that they have moved it one has.
            if found == nil, believesItself { return false }
            guard found?.isEmpty == true else { throw Self.notEmpty }
        } catch {
            guard await isBack(from: aside, to: path) else {
                var error = error
                error.isAmbiguous = true
                throw error.with("folder", aside)
            }
            throw error
        }
        let call = WebDAVCall("DELETE", address.target(aside, isFolder: true))
        let answer = try await client.send(call)
        guard [200, 204, 404, 410].contains(answer.status) else { throw error(answer, call) }
        return true
    }

    /// Moves a folder back that was not to be removed; returns whether it is there.
    private func isBack(from aside: String, to path: String) async -> Bool {
        do throws(StorageError) {
            guard try await moveFolder(aside, to: path) else { return false }
            guard believesItself else { return true }
            return try await status(aside) == nil
        } catch {
            return false
        }
    }

    /// Where a folder is moved that is to be removed: in the root, or, where only that is one step, beside itself.
    private func nameAside(_ path: String) -> String {
        let name = RecordName.reserved + "-removed-" + RandomBytes.hexadecimal(16)
        guard believesItself, let folder = WebDAVAddress.folder(of: path), !folder.isEmpty else { return name }
        return folder + "/" + name
    }

    /// Returns whether this call moved it; `false`: it is not there.
    private func moveFolder(_ path: String, to target: String) async throws(StorageError) -> Bool {
        let call = WebDAVCall.move(
            address.target(path, isFolder: true), to: address.origin + address.target(target, isFolder: true),
            replacing: false)
        let answer = try await client.send(call)
        switch answer.status {
        case 200, 201, 204: return true
        case 404 where answer.isRepeat, 412 where answer.isRepeat: throw WebDAVErrors.repeated
        case 404, 410: return false
        default:
            // Apache and sabre/dav may have looked before somebody else moved it.
            if answer.status == 500, try await status(path) == nil { return false }
            throw error(answer, call)
        }
    }

    private static let notEmpty = StorageError(.conflict, .permanent, "the folder is not empty")

    /// Throws `.notFound` where the folder above a path is missing: 409 means that, and 403, 404 and 500 may mean it.
    func expectFolder(above path: String, unless answer: WebDAVAnswer) async throws(StorageError) {
        guard [403, 404, 409, 424, 500].contains(answer.status), let folder = WebDAVAddress.folder(of: path) else {
            return
        }
        // Not looked for after 409: somebody may have made it meanwhile.
        if answer.status != 409, try await status(folder)?.isFolder == true { return }
        folders.remove(folder)
        throw StorageError(
            .notFound, .permanent, "the folder is missing", context: ["status": String(answer.status)])
    }

    /// By HEAD; `nil`: it does not say enough.
    private func quickStatus(_ path: String) async throws(StorageError) -> FileEntry? {
        let answer = try await client.send(WebDAVCall("HEAD", address.target(path)))
        guard answer.status == 200, let text = answer.head.headers["Content-Length"], let size = Int64(text) else {
            files.remove(path)
            return nil
        }
        return FileEntry(
            name: WebDAVAddress.name(of: path), isFolder: false, size: size,
            modified: answer.head.headers["Last-Modified"]
                .flatMap { HTTPDate.milliseconds($0, now: client.now().millisecondsSinceEpoch) }
                .map { Timestamp(millisecondsSinceEpoch: $0) })
    }

    private func entry(_ resource: Multistatus.Resource, path: String) async throws(StorageError) -> FileEntry {
        var entry = FileEntry(
            name: WebDAVAddress.name(of: path), isFolder: resource.isFolder, size: 0, modified: resource.modified)
        if resource.isFolder { return entry }
        if let size = resource.size {
            entry.size = size
            return entry
        }
        if let status = resource.status, status >= 300 {
            let call = WebDAVCall.find(address.target(path), depth: 0)
            throw WebDAVErrors.error(TransferHead(status: status), call, now: client.now())
        }
        guard let size = try await quickStatus(path)?.size else {
            throw Multistatus.unreadable("a file without a size")
        }
        entry.size = size
        return entry
    }
}
