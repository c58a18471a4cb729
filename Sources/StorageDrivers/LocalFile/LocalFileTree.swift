import FileSystem
import Glibc
import Storage

/// The folders of a store.
struct LocalFileTree: Sendable {
    let place: LocalFileRoot
    let directoryMode: UInt32

    var root: Directory { place.folder }

    /// The folder of the key's archive; `nil`: there is none.
    ///
    /// - Throws: `.unavailable` where nothing is found because the whole store is not there.
    func folder(of key: ArchiveKey) throws(StorageError) -> Directory? {
        do throws(FileSystemError) {
            return try root.folder(key.folderPath)
        } catch {
            guard error.errno == ENOENT || error.errno == ENOTDIR else { throw LocalFileErrors.error(error) }
        }
        try place.check()
        return nil
    }

    /// The folder of the key's archive, made where it is missing, and the folders that got a new name thereby.
    func makeFolder(of key: ArchiveKey) throws(FileSystemError) -> (folder: Directory, changed: [Directory]) {
        let segments = key.folderPath.split(separator: "/").map { String($0) }
        var parent = root
        var changed: [Directory] = []
        if segments.count > 1 {
            let path = segments.dropLast().joined(separator: "/")
            do throws(FileSystemError) {
                parent = try root.folder(path)
            } catch {
                guard error.errno == ENOENT else { throw error }
                for segment in segments.dropLast() {
                    if try parent.makeFolder(segment, mode: directoryMode) { changed.append(parent) }
                    parent = try parent.child(segment)
                }
            }
        }
        let last = segments.last ?? ""
        if try parent.makeFolder(last, mode: directoryMode) { changed.append(parent) }
        return (try parent.child(last), changed)
    }

    /// The root and every folder on the way to the one of the key's archive, which all must be there.
    func folders(above key: ArchiveKey) throws(FileSystemError) -> [Directory] {
        var folders = [root]
        for segment in key.folderPath.split(separator: "/").dropLast() {
            folders.append(try folders[folders.count - 1].child(String(segment)))
        }
        return folders
    }
}

extension ArchiveKey {
    /// Everything before the last slash.
    var folderPath: String {
        guard let slash = text.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "" }
        return String(text[..<slash])
    }
}
