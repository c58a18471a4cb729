/// A body of a source that can be read from anywhere.
package protocol SeekableBody: IdentifiedBody {
    /// Lets the next chunk begin at `offset`.
    func seek(to offset: Int64) async throws(StorageError)
}
