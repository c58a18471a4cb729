import ServiceRuntime
import StowageContract

extension FileServerStorageDriver: ResumableUploading {
    package var leastResumableBytes: Int64 { policy.leastResumableBytes }

    package func write(
        _ request: WriteRequest, resuming body: any ResumableBody
    ) async throws(StorageError) -> WriteReceipt {
        try await refuseEarly(request)
        var partial = FileServerPartial.new(server, request)
        var resumed: Int64 = 0
        if let (left, note) = try await FileServerPartial.takeOver(server, request, origin: body.origin) {
            do throws(StorageError) {
                if let bytes = try await body.resume(from: note.checkpoint) {
                    (partial, resumed) = (left, bytes)
                } else {
                    await left.discard()
                }
            } catch {
                // A source that has to come back says nothing about what is there.
                if !error.mayBeGoneOnWith { await left.discard() }
                throw error
            }
        }
        do throws(StorageError) {
            let landmark: FileServerLandmark?
            do throws(StorageError) {
                landmark = try await send(partial, from: body, behind: resumed)
            } catch {
                guard error.code == .notFound, error.place == .driver else { throw error }
                throw try await takenOver(request)
            }
            let manifest = try request.seal()
            let verified = try await prove(
                partial.path, manifest, request, .nothing,
                mustProve: resumed > 0 || landmark != nil && !server.facts.readsRanges)
            if let landmark, verified == nil { try await check(landmark, of: partial) }
            CrashPoint.reach(.afterTemporaryWrite)
            let receipt = try await commit(partial.path, manifest, request, verified)
            await partial.forget()
            return receipt
        } catch {
            let isKept = error.mayBeGoneOnWith && error.code != .integrityMismatch && !body.isForgone
            if !isKept, !error.isAmbiguous { await partial.discard() }
            throw error
        }
    }

    /// Sends everything behind the first `offset` bytes, and notes in between what is safe.
    ///
    /// - Returns: by what a hole at its start would show; `nil`: it can have none.
    private func send(
        _ partial: FileServerPartial<Server>, from body: any ResumableBody, behind offset: Int64
    ) async throws(StorageError) -> FileServerLandmark? {
        var offset = offset
        var turn = 1
        var landmark = FileServerLandmark()
        while true {
            let segment = FileServerSegmentBody(body, bytes: policy.segmentBytes, landmark)
            if offset > 0 { try await checkIsOurs(partial, offset) }
            try await send(partial.path, at: offset, size: nil, from: segment)
            let isWhole = offset == 0 && segment.isLast
            (offset, landmark) = (body.passed.bytes, segment.landmark)
            if segment.isLast { return isWhole || server.facts.resumesOnlyExisting ? nil : landmark }
            if offset > 0, segment.failure.map(isWorthKeeping(body)) ?? true {
                try await checkIsOurs(partial, offset)
                CrashPoint.reach(.beforeCheckpoint)
                try await partial.keep(
                    FileServerNote(origin: body.origin, bytes: offset, checkpoint: body.checkpoint), turn: turn)
                CrashPoint.reach(.afterCheckpoint)
                turn += 1
                body.noteCheckpoint(offset)
            }
            if let failure = segment.failure { throw failure }
        }
    }

    /// Throws where the file has a hole: somebody has taken the old one between two segments, and the server has made a new one.
    private func check(
        _ landmark: FileServerLandmark, of partial: FileServerPartial<Server>
    ) async throws(StorageError) {
        guard let range = landmark.range else { return }
        let bytes: [UInt8]
        do throws(StorageError) {
            bytes = try await server.bytes(of: partial.path, range)
        } catch {
            guard error.code == .notFound else { throw error }
            throw StorageError(.unavailable, .transient(after: nil), "something that was staged has gone")
        }
        guard bytes == landmark.bytes else {
            throw StorageError(
                .integrityMismatch, .transient(after: nil), "the server has begun the file anew in the middle of it")
        }
    }

    /// What ends a write whose file another delivery goes on with.
    private func takenOver(_ request: WriteRequest) async throws(StorageError) -> StorageError {
        if try await server.status(request.key.text) != nil { return .keyIsTaken }
        return StorageError(
            .unavailable, .transient(after: nil), "another delivery goes on with what this one has sent")
    }

    private func isWorthKeeping(_ body: any ResumableBody) -> (StorageError) -> Bool {
        { failure in failure.mayBeGoneOnWith && !body.isForgone }
    }

    /// Throws where the file is not there any more, or lost something.
    private func checkIsOurs(_ partial: FileServerPartial<Server>, _ bytes: Int64) async throws(StorageError) {
        guard let size = try await server.status(partial.path)?.size else {
            throw StorageError(.notFound, .permanent, "the partial file is gone")
        }
        // What is longer was written by a delivery that was farther, and is written over.
        guard size >= bytes else {
            throw StorageError(
                .integrityMismatch, .transient(after: nil), "the server keeps another number of bytes than it took",
                context: ["expected": String(bytes), "actual": String(size)])
        }
    }
}
