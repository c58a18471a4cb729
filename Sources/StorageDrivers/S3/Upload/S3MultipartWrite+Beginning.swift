import Storage
import StowageContract
import StrictCoding
import Transfer

extension S3MultipartWrite {
    /// The upload that an earlier delivery has left, or a new one.
    func begin() async throws(StorageError) -> Session {
        if let resumable, folder.records.contains(S3Names.upload),
            let note = try await bucket.get(noteKey), let checkpoint = S3Checkpoint(note.bytes),
            checkpoint.origin.hasSameBytes(as: resumable.origin), checkpoint.partBytes == plan.firstBytes,
            var session = try await goOn(from: checkpoint, resumable)
        {
            session.noteVersion = note.object.version
            return session
        }
        // Before the upload: a sweep knows by it that the upload is ours.
        let checkpoint = S3Checkpoint(origin: resumable?.origin ?? "", partBytes: plan.firstBytes)
        let answer = try await bucket.put(noteKey, checkpoint.bytes)
        var headers = options.headers(request, locks: driver.facts.locks)
        headers.add(S3ManifestHeader.beside, RecordName.manifest)
        // Whoever says which one has to bring it with every part: of those that are copied nobody has it, and of those
        // that pass not before they have.
        if original == nil, plan.isBuffered || driver.trailer != nil, let checksum = driver.checksum.trailing {
            headers.add("x-amz-checksum-algorithm", checksum.algorithm)
        }
        let id = try await bucket.begin(request.key.text, headers: headers)
        let upload = S3Upload(key: request.key.text, id: id, initiated: driver.now())
        return Session(upload: upload, noteVersion: S3Object.realVersion(answer.headers["x-amz-version-id"]))
    }

    /// Goes on with what a checkpoint describes; `nil`: it is not there any more.
    private func goOn(
        from checkpoint: S3Checkpoint, _ body: any ResumableBody
    ) async throws(StorageError) -> Session? {
        let known = checkpoint.progress.map {
            S3Upload(key: request.key.text, id: $0.uploadID, initiated: driver.now())
        }
        let key = request.key.text
        let found: S3Upload?
        if let known {
            found = known
        } else {
            found = try await bucket.uploads(key).filter { $0.key.hasSameBytes(as: key) }
                .max { $0.initiated < $1.initiated }
        }
        guard let upload = found, let stored = try await bucket.parts(of: upload) else { return nil }
        var session = Session(upload: upload)
        for part in stored { session.stored[part.number] = part }
        guard let progress = checkpoint.progress else { return session }
        let first = Array(stored.prefix(progress.parts))
        let isWhole =
            first.count == progress.parts
            && first.enumerated().allSatisfy { index, part in
                part.number == index + 1 && part.size == Int64(plan.bytes(ofPart: part.number))
            }
        guard isWhole, S3Checkpoint.digest(ofTags: first.map(\.etag)) == progress.tags,
            let bytes = try await body.resume(from: progress.state), bytes == progress.bytes
        else { return session }
        session.ledger.take(over: first)
        session.skip = first.reduce(0) { $0 + $1.size } - bytes
        return session
    }

    /// Says what is safe, to whoever comes after us and to the body.
    func writeCheckpoint(_ session: inout Session) async {
        guard let resumable, let progress = session.ledger.progress(of: session.upload.id) else { return }
        let checkpoint = S3Checkpoint(origin: resumable.origin, partBytes: plan.firstBytes, progress: progress)
        // One that is not written costs the next delivery some reading, nothing else.
        guard let answer = try? await bucket.put(noteKey, checkpoint.bytes) else { return }
        session.ledger.noteCheckpoint()
        resumable.noteCheckpoint(progress.bytes)
        if let earlier = session.noteVersion { try? await bucket.delete(noteKey, version: earlier) }
        session.noteVersion = S3Object.realVersion(answer.headers["x-amz-version-id"])
    }
}
