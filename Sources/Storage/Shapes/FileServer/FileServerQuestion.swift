/// What is to be known of a file right behind its upload: some protocols ask in the same breath.
package enum FileServerQuestion: Sendable {
    case size
    /// Only where `FileServerFacts.digests`.
    case sha256
}

/// What the server told of it.
package enum FileServerAnswer: Sendable, Equatable {
    /// It was not asked, or does not say: that is for a call of its own.
    case nothing
    case size(Int64)
    /// 64 hexadecimal digits.
    case sha256(String)
}

extension FileServer {
    package func upload(
        _ path: String, at offset: Int64, size: Int64?, from body: any ArchiveBody, asking question: FileServerQuestion
    ) async throws(StorageError) -> FileServerAnswer {
        try await upload(path, at: offset, size: size, from: body)
        return .nothing
    }
}
