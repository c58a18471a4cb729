import ServiceRuntime
import Storage
import StowageContract
import Transfer

extension S3MultipartWrite {
    private typealias Sent = Result<S3SentPart, StorageError>

    /// Reads parts one after the other, and has some of them on their way at once.
    func sendParts(_ session: inout Session, _ first: Held?) async throws(StorageError) {
        var current = session
        let outcome = await withTaskGroup(of: Sent.self, returning: Result<Session, StorageError>.self) { group in
            do throws(StorageError) {
                try await sendAll(&current, first, in: &group)
                return .success(current)
            } catch {
                if error.code == .cancelled || Task.isCancelled {
                    group.cancelAll()
                } else {
                    // What is on its way already need not be sent again.
                    while let sent = await group.next() {
                        if case .success(let part) = sent { current.ledger.note(part) }
                    }
                    await writeCheckpoint(&current)
                }
                return .failure(error)
            }
        }
        session = try outcome.get()
    }

    private func sendAll(
        _ session: inout Session, _ first: Held?, in group: inout TaskGroup<Sent>
    ) async throws(StorageError) {
        var onTheWay = 0
        var held = first
        try await skip(session.skip)
        while true {
            let next: Held
            if let first = held.take() {
                next = first
            } else {
                guard session.ledger.next <= S3PartPlan.mostParts else { throw Self.tooManyParts }
                let length = plan.bytes(ofPart: session.ledger.next)
                let share = try await driver.held(length)
                next = (try await reader.part(length), share)
            }
            if next.part.count == 0 { break }
            let number = session.ledger.read(upTo: reader.place)
            if onTheWay == driver.policy.partsAtOnce {
                try await collect(&session, from: &group)
                onTheWay -= 1
            }
            let (upload, stored) = (session.upload, session.stored[number])
            group.addTask { await send(number, next, of: upload, unlessThere: stored) }
            onTheWay += 1
        }
        while onTheWay > 0 {
            try await collect(&session, from: &group)
            onTheWay -= 1
        }
    }

    private func collect(_ session: inout Session, from group: inout TaskGroup<Sent>) async throws(StorageError) {
        guard let sent = await group.next() else { return }
        session.ledger.note(try sent.get())
        if session.ledger.isCheckpointDue(every: driver.policy.checkpointEveryBytes) {
            await writeCheckpoint(&session)
        }
    }

    /// Bytes that lie in a part already, and must be hashed all the same.
    func skip(_ bytes: Int64) async throws(StorageError) {
        var left = bytes
        while left > 0, let chunk = try await reader.chunk(Int(min(left, 1 << 20))) { left -= Int64(chunk.count) }
    }

    private func send(
        _ number: Int, _ held: Held, of upload: S3Upload, unlessThere stored: S3StoredPart?
    ) async -> Sent {
        var digests = driver.digests
        if stored != nil { digests.md5 = true }
        let part = S3Part(held.part, digests)
        defer { withExtendedLifetime(held.share) {} }
        if let stored, stored.size == Int64(part.count), stored.etag == part.etag {
            request.worked()
            return .success(
                S3SentPart(
                    number: number, count: part.count, etag: stored.etag, isProved: true, checksum: stored.checksum,
                    wasThere: true))
        }
        do throws(StorageError) {
            let configuration = driver.configuration
            var headers: TransferHeaders = []
            if driver.trailer == nil { driver.checksum.add(of: part, to: &headers) }
            let answer = try await bucket.send(
                number, of: upload, headers: headers, .part(part), trailer: driver.trailer, request.worked)
            guard let etag = answer["ETag"] else { throw S3Page.unreadable("a part without an entity tag") }
            return .success(
                S3SentPart(
                    number: number, count: part.count, etag: S3Object.bareTag(etag),
                    isProved: try driver.checksum.isProved(part, answer, configuration),
                    checksum: driver.checksum.element(of: part)))
        } catch {
            return .failure(error)
        }
    }

    private static var tooManyParts: StorageError {
        StorageError(.tooLarge, .permanent, "an archive of unknown size has more parts than the store takes")
    }
}
