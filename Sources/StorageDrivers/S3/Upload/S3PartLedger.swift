import Storage
import StowageContract

/// Which parts of an upload have been read, which the store has, and from where another worker can go on.
struct S3PartLedger: Sendable {
    private var places: [Int: S3PartReader.Place] = [:]
    private var sent: [Int: S3SentPart] = [:]
    /// The place at the end of the parts that are safe.
    private(set) var safePlace: S3PartReader.Place?
    /// So many parts, from the first on, lie in the store.
    private(set) var safe = 0
    private(set) var safeBytes: Int64 = 0
    private var notedBytes: Int64 = 0
    private var hasNoted = false
    /// Whether an earlier worker has sent the first of them, and nobody here has seen their bytes.
    private(set) var isResumed = false

    /// All parts in order, where none is missing.
    var parts: [S3SentPart] { sent.values.sorted { $0.number < $1.number } }

    /// The number of the next part to read.
    private(set) var next = 1

    /// Takes over what an earlier worker has sent.
    mutating func take(over parts: [S3StoredPart]) {
        for part in parts {
            sent[part.number] = S3SentPart(
                number: part.number, count: Int(part.size), etag: part.etag, isProved: true, checksum: part.checksum,
                wasThere: true)
            safeBytes += part.size
        }
        safe = parts.count
        next = safe + 1
        notedBytes = safeBytes
        hasNoted = true
        isResumed = safe > 0
    }

    /// A part was read up to `place`; returns its number.
    mutating func read(upTo place: S3PartReader.Place?) -> Int {
        places[next] = place
        next += 1
        return next - 1
    }

    /// The store has a part.
    mutating func note(_ part: S3SentPart) {
        sent[part.number] = part
        while let part = sent[safe + 1] {
            safe += 1
            safeBytes += Int64(part.count)
            safePlace = places.removeValue(forKey: safe) ?? safePlace
        }
    }

    /// Whether a checkpoint is worth its request: the first at once, others after so many bytes.
    func isCheckpointDue(every bytes: Int64) -> Bool {
        safePlace != nil && (!hasNoted || safeBytes - notedBytes >= bytes)
    }

    /// What a checkpoint says of it; `nil`: nothing new is safe.
    func progress(of uploadID: String) -> S3Checkpoint.Progress? {
        guard let safePlace, safeBytes > notedBytes || !hasNoted else { return nil }
        return S3Checkpoint.Progress(
            uploadID: uploadID, parts: safe,
            tags: S3Checkpoint.digest(ofTags: (1...safe).compactMap { sent[$0]?.etag }),
            bytes: safePlace.bytes, state: safePlace.checkpoint)
    }

    /// A checkpoint stands.
    mutating func noteCheckpoint() {
        hasNoted = true
        notedBytes = safeBytes
    }
}
