import Cryptography
import Storage
import StowageContract
import Transfer

extension WebDAVServer {
    /// How names are written on this server.
    ///
    /// What a tree was begun with it keeps: its staging folder shows it. Else a file is moved to a name of the sort that some
    /// servers do not keep, and looked for there.
    ///
    /// - Throws: `.unsupported` where such names are lost whatever is done, or the tree may have them.
    static func naming(_ client: WebDAVClient) async throws(StorageError) -> WebDAVNaming {
        let (plain, cautious) = (WebDAVNaming(), WebDAVNaming(isCautious: true))
        if try await hasStaging(client, cautious) { return cautious }
        let hasTree = try await hasStaging(client, plain)
        switch try await trial(client, plain) {
        case .keeps: return plain
        case .untried(let error):
            // Who may only read has nothing to lose; where nothing stands yet, the next opening decides.
            if hasTree || error.code == .permissionDenied || error.code == .unsupported { return plain }
            throw error
        case .refuses:
            // Nothing is hidden, and nobody is told what is not true.
            if hasTree { return plain }
            if case .keeps = try await trial(client, cautious) { return cautious }
            return plain
        case .loses:
            guard !hasTree else {
                throw StorageError(
                    .unsupported, .permanent,
                    "the server does not show or keep every name, and the folder has archives from one that did")
            }
            if case .keeps = try await trial(client, cautious) { return cautious }
            throw StorageError(.unsupported, .permanent, "the server does not keep the names of what is moved")
        }
    }

    private static func hasStaging(_ client: WebDAVClient, _ naming: WebDAVNaming) async throws(StorageError) -> Bool {
        let name = naming.written(FileServerNames.staging)
        let call = WebDAVCall.find(client.address.base + WebDAVAddress.encode(name), depth: 0)
        let answer = try await client.send(call)
        if answer.status >= 500 { throw WebDAVErrors.error(answer, call, now: client.now()) }
        guard answer.status == 207 else { return false }
        let found = try Multistatus(parsing: answer.bytes, of: call.target, now: client.now()).only(call.target)
        return found?.isFolder == true && found?.href.name == name
    }

    private enum Trial {
        /// A file is where it was moved to, and is shown there.
        case keeps
        /// It says that it has moved the file, and shows none of that name.
        case loses
        /// It does not take such a name.
        case refuses
        /// It did not come to that.
        case untried(StorageError)
    }

    private static func trial(_ client: WebDAVClient, _ naming: WebDAVNaming) async throws(StorageError) -> Trial {
        let folder = client.address.base + RecordName.reserved + "-trial-" + RandomBytes.hexadecimal(16) + "/"
        let call = WebDAVCall("MKCOL", folder)
        let answer = try await client.send(call)
        guard answer.status == 201 else { return .untried(WebDAVErrors.error(answer, call, now: client.now())) }
        do throws(StorageError) {
            let trial = try await trial(client, folder, naming.written(".a;b?c#d%2Ee"))
            _ = try await client.send(WebDAVCall("DELETE", folder))
            return trial
        } catch {
            _ = try? await client.send(WebDAVCall("DELETE", folder))
            throw error
        }
    }

    private static func trial(
        _ client: WebDAVClient, _ folder: String, _ name: String
    ) async throws(StorageError) -> Trial {
        let put = WebDAVCall("PUT", folder + "file", body: .bytes([0x31]))
        let taken = try await client.send(put)
        guard (200..<300) ~= taken.status else { return .untried(WebDAVErrors.error(taken, put, now: client.now())) }
        let target = folder + WebDAVAddress.encode(name)
        let move = WebDAVCall.move(put.target, to: client.address.origin + target, replacing: false)
        let moved = try await client.send(move)
        switch moved.status {
        case 201, 204: break
        // What it says to other names that it cannot have, too.
        case 400, 403, 404, 405, 409, 412, 414, 415, 422, 500, 501: return .refuses
        default: return .untried(WebDAVErrors.error(moved, move, now: client.now()))
        }
        let list = WebDAVCall.find(folder, depth: 1)
        let answer = try await client.send(list)
        guard answer.status == 207 else { throw WebDAVErrors.error(answer, list, now: client.now()) }
        let status = try Multistatus(parsing: answer.bytes, of: list.target, now: client.now())
        return try status.members(of: list.target)?.map(\.href.name) == [name] ? .keeps : .loses
    }

    /// Throws where a name is too long for the server because of what is written in it otherwise.
    func checkLength(of path: String) throws(StorageError) {
        guard address.naming.isCautious, address.naming.written(WebDAVAddress.name(of: path)).utf8.count > 255 else {
            return
        }
        throw StorageError(.unsupported, .permanent, "the name is too long as it has to be written on this server")
    }
}
