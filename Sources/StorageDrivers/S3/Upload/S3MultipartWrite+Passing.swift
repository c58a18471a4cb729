import Cryptography
import Storage
import StowageContract
import Transfer

extension S3MultipartWrite {
    /// Sends parts that are too long to be held, one after the other.
    ///
    /// Each is safe, and noted for whoever goes on, when the store has answered.
    func passParts(_ session: inout Session) async throws(StorageError) {
        do throws(StorageError) {
            try await skip(session.skip)
            try await passRest(&session)
        } catch {
            if error.code != .cancelled, !Task.isCancelled, !session.isSpoilt { await writeCheckpoint(&session) }
            throw error
        }
    }

    private func passRest(_ session: inout Session) async throws(StorageError) {
        var left = (request.size ?? 0) - session.ledger.safeBytes
        while left > 0 {
            let number = session.ledger.next
            let length = Int(min(left, Int64(plan.bytes(ofPart: number))))
            let part: S3SentPart
            if let stored = session.stored[number], stored.size == Int64(length), hasTagsToCompare {
                guard let same = try await compare(stored) else { throw await spoil(&session, number) }
                part = same
            } else {
                part = try await pass(number, length, of: session.upload)
            }
            _ = session.ledger.read(upTo: reader.place)
            session.ledger.note(part)
            if session.ledger.isCheckpointDue(every: driver.policy.checkpointEveryBytes) {
                await writeCheckpoint(&session)
            }
            left -= Int64(length)
        }
        // The end of the source is the seal's to see.
        guard try await reader.isDrained() else {
            throw StorageError(
                .integrityMismatch, .permanent, "the source does not have the size that was promised", at: .source)
        }
    }

    private func pass(_ number: Int, _ length: Int, of upload: S3Upload) async throws(StorageError) -> S3SentPart {
        let trailer = driver.trailer
        let passing = S3PassingPart(reader, bytes: length, trailer)
        let answer = try await bucket.send(
            number, of: upload, headers: [], .stream(passing, size: Int64(length)), trailer: trailer, request.worked)
        guard let etag = answer["ETag"].map({ S3Object.bareTag($0) }) else {
            throw S3Page.unreadable("a part without an entity tag")
        }
        // What it should be was not known when it was sent: its tag tells, and the checksum that followed.
        var sent = S3SentPart(number: number, count: length, etag: etag, isProved: false)
        sent.isProved = driver.checksum != .none && etag == passing.etag
        if let trailer, let ours = passing.checksum {
            sent.checksum = (trailer.element, ours)
            if let theirs = answer[trailer.trailer] { sent.isProved = try S3Part.compare(theirs, with: ours) }
        }
        return sent
    }

    /// Whether the tags of parts are digests of their bytes, as far as the configuration tells.
    private var hasTagsToCompare: Bool { driver.configuration.encryption?.keepsEntityTags ?? true }

    /// Reads the bytes of a part that an earlier worker has sent; `nil`: the store has other ones.
    private func compare(_ stored: S3StoredPart) async throws(StorageError) -> S3SentPart? {
        var md5 = MD5Hasher()
        var left = Int(stored.size)
        while left > 0, let chunk = try await reader.chunk(min(left, 1 << 20)) {
            md5.update(chunk)
            left -= chunk.count
            request.worked()
        }
        guard left == 0, Hexadecimal.encode(md5.finalize()) == stored.etag else { return nil }
        return S3SentPart(
            number: stored.number, count: Int(stored.size), etag: stored.etag, isProved: true,
            checksum: stored.checksum, wasThere: true)
    }

    /// Gives an upload up for good whose part has other bytes: ours have passed, and cannot be sent any more.
    ///
    /// It is left to the sweep: another writer may be about to complete it.
    private func spoil(_ session: inout Session, _ number: Int) async -> StorageError {
        session.isSpoilt = true
        let note = S3Checkpoint(origin: "", partBytes: plan.firstBytes)
        _ = try? await bucket.put(noteKey, note.bytes)
        return StorageError(
            .integrityMismatch, .transient(after: nil), "a part of an earlier upload has other bytes",
            context: ["part": String(number)])
    }
}
