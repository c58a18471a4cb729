import Cryptography
import Sharing
package import Storage
import StowageContract
import Transfer

/// Which names the server keeps, and which it shows.
extension FTPServer {
    /// Finds out how folders are listed so that names with a dot in front are shown: our records have one.
    ///
    /// vsftpd shows them to `LIST -a` only; pyftpdlib takes the option for a name. Whoever may not write keeps the first way.
    /// - Throws: `.unsupported` where they are hidden.
    func findListing() async throws(StorageError) {
        let ways = features.tellsFacts ? ["MLSD"] : ["LIST -a", "LIST"]
        let (folder, name) = (FileServerNames.staging, ".listed-" + RandomBytes.hexadecimal(16))
        let path = "/" + absolute(folder)
        let made = try await run([("MKD", path), ("MKD", path + "/" + name)])
        if made[1].isFailure { return }
        var isShown = false
        for way in ways where !isShown {
            listCommand.withLock { $0 = way }
            do throws(StorageError) {
                isShown = try await entries(folder)?.contains { $0.name == name } == true
            } catch {
                guard [.notFound, .unsupported, .permissionDenied].contains(error.code) else { throw error }
            }
        }
        _ = try await run("RMD", path + "/" + name)
        guard isShown else {
            throw StorageError(
                .unsupported, .permanent, "the server's listings hide names with a dot in front")
        }
    }

    /// Each oddity is tried once, when a name first has it, by a folder in the staging folder.
    package func requireNames(in path: String) async throws(StorageError) {
        for oddity in FTPOddity.all(in: path) {
            guard try await keeps(oddity) else {
                throw StorageError(
                    .invalidTask, .permanent, "the server does not keep such a name",
                    context: ["problem": "\(oddity)"])
            }
        }
    }

    private func keeps(_ oddity: FTPOddity) async throws(StorageError) -> Bool {
        if let known = oddities.withLock({ $0[oddity] }) { return known }
        let plain = FileServerNames.staging + "/name-" + RandomBytes.hexadecimal(16)
        let name = plain + oddity.suffix
        let reply = try await run("MKD", "/" + absolute(name))
        var isKept = false
        if reply.isFailure {
            guard [501, 550, 553].contains(reply.code), try await status(FileServerNames.staging) != nil else {
                throw FTPErrors.refusal("MKD", reply)
            }
        } else {
            isKept = try await status(name)?.isFolder == true
            for made in isKept ? [name] : [name, plain, plain + "_"] {
                _ = try await run("RMD", "/" + absolute(made))
            }
        }
        oddities.withLock { [isKept] in $0[oddity] = isKept }
        return isKept
    }
}
