import FileSystem
import Glibc
import Sharing
import Storage
import StowageContract

/// The folder that a store is: opened once, and looked for again where things are missing.
///
/// A folder that was moved away, removed or covered by another mount still answers under the old descriptor. What is
/// not found in it says nothing about the archives, and what is put into it may never be seen again.
final class LocalFileRoot: Sendable {
    private let path: String
    private let storeID: String?
    private let opened: Guarded<Directory>

    init(_ folder: Directory, path: String, storeID: String?) {
        self.opened = Guarded(folder)
        self.path = path
        self.storeID = storeID
    }

    var folder: Directory { opened.withLock { $0 } }

    /// Whether the folder under the path is still the one that is open; blocks.
    ///
    /// - Throws: `.unavailable`.
    func check() throws(StorageError) {
        guard try isInPlace() else { throw Self.missing }
    }

    /// The same, but takes over the same store where it has come back under another descriptor, mounted anew.
    func find() throws(StorageError) {
        if try isInPlace() { return }
        let folder: Directory
        do throws(FileSystemError) {
            folder = try Directory.open(path)
        } catch {
            throw LocalFileErrors.opening(error)
        }
        guard let storeID, try StoreIdentity.existing(in: folder) == storeID else { throw Self.missing }
        opened.withLock { $0 = folder }
    }

    private func isInPlace() throws(StorageError) -> Bool {
        do throws(FileSystemError) {
            guard let here = try folder.status("."), let there = try Directory.status(of: path) else { return false }
            return here.device == there.device && here.inode == there.inode
        } catch {
            throw LocalFileErrors.opening(error)
        }
    }

    private static var missing: StorageError {
        LocalFileErrors.opening(FileSystemError(errno: ESTALE, operation: "fstatat"))
    }
}
