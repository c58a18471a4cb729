/// A body of a source that can be read from anywhere.
package protocol SeekableBody: ArchiveBody {
    /// What tells these bytes from any others that the same source may bring: equal texts, equal bytes.
    var identity: String { get }

    /// Lets the next chunk begin at `offset`.
    func seek(to offset: Int64) async throws(StorageError)
}
