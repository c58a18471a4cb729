/// A store in which an interrupted write leaves a checkpoint, from which any worker goes on.
///
/// The checkpoint lies in the store, because whoever goes on may run on another machine. It is never listed, never
/// found by `stat` or `read`, and `sweep` removes it once it is old.
///
/// Where what was written can be read before the commit, it is proved by reading it (`body.resume(behind:expecting:)`),
/// and has one writer at a time. Where it cannot (parts of an upload), the store has proved each part as it came, two
/// writers send the same parts, and the digest goes on from its noted state (`body.resume(from:)`).
public protocol ResumableUploading: StorageDriver {
    /// Archives that are known to have fewer bytes are written by `write(_:from:)`: a checkpoint would cost more than
    /// it saves.
    var leastResumableBytes: Int64 { get }

    /// As `write(_:from:)`, but behind what an earlier call for the same key and task has left, where `body` agrees.
    ///
    /// A checkpoint that can have only one writer and is taken is left alone: the call writes as if there were none, and
    /// leaves none. It is continued only where its `origin` is the body's and the body agrees (`body.resume`); else it is
    /// discarded, and the write begins at the start. While it writes, the driver notes again and again what is safe
    /// (`body.noteCheckpoint`), only after it is.
    ///
    /// What was written is kept where the body ended the write and trying again may help (any error of `next` that is
    /// not permanent, cancellation included) unless nobody will (`body.isForgone`); it is discarded where `seal` threw, the
    /// source is not what it should be, or the store itself failed for good. After a resumption the bytes in the store are
    /// proved as a whole whatever `request.verify` says: before the commit, or right after it where nothing can be read
    /// before.
    func write(_ request: WriteRequest, resuming body: any ResumableBody) async throws(StorageError) -> WriteReceipt
}

/// The beginning of an archive.
public struct ArchivePrefix: Sendable, Equatable {
    /// How many bytes.
    public var bytes: Int64
    /// Their digest: 64 hexadecimal digits.
    public var sha256: String

    /// A prefix from its parts.
    public init(bytes: Int64, sha256: String) {
        self.bytes = bytes
        self.sha256 = sha256
    }
}

/// The bytes of a write that may begin behind the start.
public protocol ResumableBody: ArchiveBody {
    /// What the bytes come from and what was asked for them, as a digest: equal for two deliveries that bring the
    /// same bytes for the same archive. 64 hexadecimal digits.
    var origin: String { get }

    /// Whether nobody will go on with the write if it ends now: its task was ended for good.
    var isForgone: Bool { get }

    /// Everything that has passed so far, whether from the store or from the source.
    var passed: ArchivePrefix { get }

    /// Reads `stored` to its end in place of the source's first bytes, before the first `next`.
    ///
    /// - Returns: whether they are `expected`; `next` then goes on behind them, else at the start.
    /// - Throws: what `stored` throws, and `.cancelled`.
    func resume(behind stored: any ArchiveBody, expecting expected: ArchivePrefix) async throws(StorageError) -> Bool

    /// Everything that has passed so far, as a text from which another delivery goes on without reading it again: the
    /// state of its digest. ASCII, at most 1 KiB.
    var checkpoint: String { get }

    /// Goes on behind what another delivery has noted, before the first `next`.
    ///
    /// - Returns: how many bytes lie before; `nil` where the note is not of these bytes. `next` then begins at the start.
    func resume(from checkpoint: String) async throws(StorageError) -> Int64?

    /// Says that the first `bytes` bytes are safe in the store, and noted there for whoever goes on.
    ///
    /// From then on `next` may end the write in favour of another delivery.
    func noteCheckpoint(_ bytes: Int64)
}
