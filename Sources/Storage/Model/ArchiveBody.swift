/// Bytes that are pulled, chunk by chunk, by one reader.
public protocol ArchiveBody: AnyObject, Sendable {
    /// How many bytes come in all, where it is known beforehand.
    var size: Int64? { get }

    /// The next chunk, never empty, at most 1 MiB; `nil` at the end and ever after. Not to be called concurrently.
    func next() async throws(StorageError) -> [UInt8]?

    /// Gives back what the body holds; called once by the one who opened it, whether or not the end was reached.
    func close() async
}

/// Something that a body can be opened from, again for every attempt.
public protocol ArchiveSource: Sendable {
    /// Opens the bytes from the start.
    ///
    /// - Throws: an error `at: .source`; `.notFound` when it is gone.
    func open() async throws(StorageError) -> any ArchiveBody
}
