import FileSystem
import Glibc
import Storage
import StowageContract

/// The random id that tells one store from another (`.stowage-store` at the root).
enum StoreIdentity {
    /// The id of the store, made where it has none; `nil`: it has none and takes no writes.
    static func read(or make: () -> String, in root: Directory, mode: UInt32) throws(StorageError) -> String? {
        if let id = try existing(in: root) { return id }
        do throws(FileSystemError) {
            let staged = try StagedFile.make(in: root, mode: mode)
            do throws(FileSystemError) {
                try staged.file.write(Array((make() + "\n").utf8))
                try staged.file.flush()
                try staged.publish(as: RecordName.store)
            } catch {
                staged.discard()
                // Another worker was faster: its id counts.
                guard error.errno == EEXIST else { throw error }
            }
            try root.flush()
        } catch {
            if error.errno == EROFS { return nil }
            throw LocalFileErrors.error(error)
        }
        return try existing(in: root)
    }

    /// The id that the store has; `nil`: none.
    static func existing(in root: Directory) throws(StorageError) -> String? {
        let bytes = try mapped { () throws(FileSystemError) in
            try root.fileIfPresent(RecordName.store)?.contents(limit: 4096)
        }
        guard let bytes else { return nil }
        let id = bytes.prefix { $0 != UInt8(ascii: "\n") }
        let isHexadecimal = id.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
        guard id.count == 32, isHexadecimal else {
            throw StorageError(.unavailable, .transient(after: nil), "the id of the store cannot be read")
        }
        return String(decoding: id, as: UTF8.self)
    }
}
