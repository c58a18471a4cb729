import Cryptography
import Storage
import StowageContract

/// What is done over a server that does not tell what came of a call.
///
/// sabre/dav looks whether a name is free, then has the file system make or rename, and says 201 whether or not that refused:
/// of 8 who make one folder at once, or move one folder, several are told that they did. What the file system did shows
/// afterwards. A file that is moved into another folder it copies, before the eyes of all readers, and removes the first
/// whether or not the copy is whole.
extension WebDAVServer {
    /// The folder within another one that tells who has made that.
    private static let made = RecordName.reserved + "-made"
    /// What a file is called while it is copied.
    private static let moved = RecordName.reserved + "-moved-"

    /// Whether a name in a folder is only there because of such a server.
    func isTrace(_ name: String) -> Bool {
        guard believesItself else { return false }
        return [Self.made, Self.moved, RecordName.reserved + "-removed-"].contains { name.utf8.starts(with: $0.utf8) }
    }

    /// Whether, of all who were told that they have made a folder, this is the one.
    ///
    /// A folder with one in it that bears the caller's name gets the name that all of them try to give to theirs. No file system
    /// lets that replace one that is not empty: whose name is in it was first.
    func ownFolder(_ path: String) async throws(StorageError) -> Bool {
        let name = RandomBytes.hexadecimal(16)
        let (mine, made) = (path + "/" + Self.made + "-" + name, path + "/" + Self.made)
        for folder in [mine, mine + "/" + name] {
            let call = WebDAVCall("MKCOL", address.target(folder, isFolder: true))
            let answer = try await client.send(call)
            // Who was first may have removed the whole meanwhile.
            if answer.status == 404 || answer.status == 409 { return false }
            guard answer.status == 201 || answer.isRepeat && answer.status == 405 else { throw error(answer, call) }
        }
        let call = WebDAVCall.move(
            address.target(mine, isFolder: true), to: address.origin + address.target(made, isFolder: true),
            replacing: false)
        _ = try await client.send(call)
        if try await status(made + "/" + name) != nil { return true }
        _ = try? await client.send(WebDAVCall("DELETE", address.target(mine, isFolder: true)))
        return false
    }

    /// Moves a file into another folder: under a name that is not listed, and only when it is whole to its own.
    func moveAcross(_ path: String, to target: String, replacing: Bool) async throws(StorageError) {
        guard let size = try await status(path)?.size else { throw Self.noFile }
        if !replacing, try await status(target) != nil { throw Self.taken }
        let folder = WebDAVAddress.folder(of: target) ?? ""
        let copy = (folder.isEmpty ? "" : folder + "/") + Self.moved + RandomBytes.hexadecimal(16)
        try await moveAtOnce(path, to: copy, replacing: false)
        do throws(StorageError) {
            guard try await status(copy)?.size == size else {
                throw StorageError(
                    .integrityMismatch, .transient(after: nil),
                    "the server has moved another number of bytes than it had"
                )
            }
            try await moveAtOnce(copy, to: target, replacing: replacing)
        } catch {
            if error.code == .conflict {
                try? await moveAtOnce(copy, to: path, replacing: false)
            } else if !error.isAmbiguous {
                _ = try? await remove(copy)
            }
            throw error
        }
    }
}
