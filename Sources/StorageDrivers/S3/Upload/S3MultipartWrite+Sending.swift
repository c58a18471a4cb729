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
    private func skip(_ bytes: Int64) async throws(StorageError) {
        var left = bytes
        while left > 0, let chunk = try await reader.chunk(Int(min(left, 1 << 20))) { left -= Int64(chunk.count) }
    }

    private func send(
        _ number: Int, _ held: Held, of upload: S3Upload, unlessThere stored: S3StoredPart?
    ) async -> Sent {
        let part = held.part
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
            configuration.checksum.add(of: part, to: &headers)
            let answer = try await bucket.send(number, of: upload, headers: headers, .part(part), request.worked)
            guard let etag = answer["ETag"] else { throw S3Page.unreadable("a part without an entity tag") }
            return .success(
                S3SentPart(
                    number: number, count: part.count, etag: S3Object.bareTag(etag),
                    isProved: try configuration.checksum.isProved(part, answer, configuration),
                    checksum: configuration.checksum.element(of: part)))
        } catch {
            return .failure(error)
        }
    }

    /// Parts that are too long to be held, one after the other.
    func passParts(_ session: inout Session) async throws(StorageError) {
        var left = request.size ?? 0
        while left > 0 {
            let length = Int(min(left, Int64(plan.bytes(ofPart: session.ledger.next))))
            let number = session.ledger.read(upTo: nil)
            let passing = S3PassingPart(reader, bytes: length)
            let answer = try await bucket.send(
                number, of: session.upload, headers: [], .stream(passing, size: Int64(length)), request.worked)
            guard let etag = answer["ETag"].map({ S3Object.bareTag($0) }) else {
                throw S3Page.unreadable("a part without an entity tag")
            }
            let isProved = driver.configuration.checksum == .md5 && etag == passing.etag
            session.ledger.note(S3SentPart(number: number, count: length, etag: etag, isProved: isProved))
            left -= Int64(length)
        }
        // The end of the source is the seal's to see.
        guard try await reader.isDrained() else {
            throw StorageError(
                .integrityMismatch, .permanent, "the source does not have the size that was promised", at: .source)
        }
    }

    private static var tooManyParts: StorageError {
        StorageError(.tooLarge, .permanent, "an archive of unknown size has more parts than the store takes")
    }
}
