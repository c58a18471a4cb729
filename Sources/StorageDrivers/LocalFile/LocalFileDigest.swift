import Cryptography
import FileSystem
import Storage

/// The digest of a file as it lies in the store.
///
/// Blocks.
enum LocalFileDigest {
    /// 64 hexadecimal digits.
    static func of(_ file: OpenFile) throws(StorageError) -> String {
        var hasher = SHA256Hasher()
        var offset: Int64 = 0
        while true {
            let chunk = try mapped { () throws(FileSystemError) in try file.read(at: offset, count: 1 << 20) }
            if chunk.isEmpty { return hasher.finalize().hexadecimal }
            hasher.update(chunk)
            offset += Int64(chunk.count)
        }
    }
}
