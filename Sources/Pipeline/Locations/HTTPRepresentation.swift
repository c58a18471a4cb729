import Storage
import StowageContract
import Transfer

/// What a server has said of the bytes that it sends; pure.
struct HTTPRepresentation: Sendable, Equatable {
    /// `nil`: the server does not say.
    var size: Int64?
    /// An entity tag or a date that these bytes and no others have, as it goes into `If-Range`.
    var validator: String?
    /// Whether parts can be asked for.
    var acceptsRanges = false
    /// Whether an end that comes too early can be told from the end.
    var isFramed = true

    /// Whether the rest can be asked for where a transfer was broken off.
    var isSeekable: Bool { acceptsRanges && validator != nil && size != nil }

    /// The whole in an answer of 200.
    ///
    /// - Throws: `.unsupported` where the bytes are encoded in a way that was not asked for; `.unavailable` where the
    ///   answer contradicts itself.
    init(_ head: TransferHead, now: Timestamp) throws(StorageError) {
        for encoding in head.headers.values(of: "Content-Encoding") {
            guard encoding.isEmpty || encoding.lowercased() == "identity" else {
                throw StorageError(
                    .unsupported, .permanent, "the server sends the bytes encoded, which was not asked for", at: .source
                )
            }
        }
        let isChunked = head.headers["Transfer-Encoding"] != nil
        let lengths = Set(head.headers.values(of: "Content-Length"))
        if !isChunked, let length = lengths.first {
            guard lengths.count == 1, let size = Int64(digits: length) else {
                throw StorageError(
                    .unavailable, .transient(after: nil), "the server contradicts itself about the size", at: .source)
            }
            self.size = size
        }
        let hasFrames = head.httpVersion.first.map { $0 >= "2" } ?? false
        isFramed = size != nil || hasFrames || (isChunked && head.httpVersion != "1.0")
        acceptsRanges = head.headers["Accept-Ranges"]?.lowercased() == "bytes"
        validator = Self.validator(head, now: now)
    }

    /// Strong ones only (RFC 9110, section 8.8.2.2): a date counts where it is older than the answer.
    private static func validator(_ head: TransferHead, now: Timestamp) -> String? {
        if let tag = head.headers["ETag"] { return tag.utf8.first == UInt8(ascii: "\"") && tag.count > 1 ? tag : nil }
        guard let modified = head.headers["Last-Modified"],
            let at = HTTPDate.milliseconds(modified, now: now.millisecondsSinceEpoch),
            let sent = head.headers["Date"].flatMap({ HTTPDate.milliseconds($0, now: now.millisecondsSinceEpoch) }),
            sent - at >= 1000
        else { return nil }
        return modified
    }

    /// What an answer to a request for the bytes from `offset` on holds.
    enum Rest: Equatable {
        /// Those bytes.
        case part
        /// The same bytes from their start: what lies before is to be skipped.
        case whole
        /// Bytes of which the server does not say what they are of.
        case unnamed
    }

    /// Compares an answer to a request for the rest with the whole that the server had shown.
    ///
    /// - Throws: `.unavailable` where the source has changed, or the part is another one; what else the status means.
    func rest(
        from offset: Int64, in head: TransferHead, server: String, now: Timestamp
    ) throws(StorageError) -> Rest {
        switch head.status {
        case 206:
            let part = try HTTPRepresentation(head, now: now)
            let ranges = head.headers.values(of: "Content-Range")
            guard ranges.count == 1, let size, let range = ContentRange(ranges[0]), range.first == offset,
                range.last == size - 1, range.total == size, part.size ?? size - offset == size - offset
            else {
                throw StorageError(
                    .unavailable, .transient(after: nil), "the server has sent another part than was asked for",
                    at: .source, context: ["server": server, "status": "206"])
            }
            let isTag = validator?.utf8.first == UInt8(ascii: "\"")
            guard let named = head.headers[isTag ? "ETag" : "Last-Modified"] else { return .unnamed }
            if named != validator { throw Self.changed(server) }
            return .part
        case 200:
            let whole = try HTTPRepresentation(head, now: now)
            guard whole.size == size, whole.validator == validator else { throw Self.changed(server) }
            return .whole
        case 412, 416: throw Self.changed(server)
        default: throw StorageError(head, at: .source, server: server, now: now)
        }
    }

    private static func changed(_ server: String) -> StorageError {
        StorageError(
            .unavailable, .transient(after: nil), "the source changed while it was read", at: .source,
            context: ["server": server])
    }
}
