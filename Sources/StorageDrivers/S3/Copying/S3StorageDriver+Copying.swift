package import Storage
import StowageContract
import Transfer
import XML

extension S3StorageDriver: ServerSideCopying {
    package func reaches(_ source: any StorageDriver) -> Bool {
        guard let source = source as? S3StorageDriver else { return false }
        return source === self || configuration.hasAccount(of: source.configuration)
    }

    /// No store of ours knows a condition for the object that a copy makes, so it is made at once only where that replaces
    /// nothing, or where nobody has a condition.
    ///
    /// Else it is made of parts, whose completion has the rules of every other; short archives are sent instead.
    package func copy(
        _ request: WriteRequest, of original: CopyOriginal
    ) async throws(StorageError) -> WriteReceipt? {
        guard let source = original.driver as? S3StorageDriver, reaches(source),
            let original = S3Original(original, in: source, size: request.size)
        else { return nil }
        let isWhole = original.size <= policy.copyAtOnceBytes && facts.exclusivity != .atomic
        guard isWhole || original.size > Int64(configuration.partSizeBytes) else { return nil }
        let folder = try await admit(request)
        let options = try S3WriteOptions(request, configuration, at: now())
        do throws(StorageError) {
            if isWhole { return try await put(request, try request.seal(), options, .copy(original)) }
            return try await S3MultipartWrite(
                driver: self, request: request, options: options, reader: S3PartReader(BytesBody([])),
                plan: S3PartPlan(size: original.size, wanted: configuration.partSizeBytes), folder: folder,
                resumable: nil, original: original
            ).run()
        } catch {
            // Sent, the bytes tell whether it is the original that is damaged; the copy has gone.
            if error.refusesCopy || error.code == .integrityMismatch { return nil }
            throw error
        }
    }

    /// The version that bears a mark: Ceph 16 does not say which one its copy became.
    ///
    /// - Throws: `.unavailable`, ambiguous: the next delivery finds whichever came first.
    func version(of key: ArchiveKey, marked mark: String?) async throws(StorageError) -> String {
        try await StorageError.afterEffect { () async throws(StorageError) in
            for entry in try await bucket.allVersions(of: key.text).reversed() {
                let call = S3Call("HEAD", key.text, S3Bucket.version(entry.version), headers: bucket.keyHeaders)
                do throws(StorageError) {
                    let headers = try await bucket.client.send(call).headers
                    if let version = entry.version, headers[S3ManifestHeader.copy] == mark { return version }
                } catch {
                    // Another writer who came second has taken his away.
                    guard error.code == .notFound else { throw error }
                }
            }
            throw S3Page.unreadable("a copy that is in no version")
        }
    }
}

extension S3MultipartWrite {
    private typealias Copied = Result<S3SentPart, StorageError>

    /// Has the store make the parts of an object that it has.
    func copyParts(_ session: inout Session, of original: S3Original) async throws(StorageError) {
        let ranges = S3Original.ranges(of: original.size, wanted: driver.policy.copyPartBytes)
        var ledger = session.ledger
        let upload = session.upload
        let outcome = await withTaskGroup(of: Copied.self, returning: StorageError?.self) { group in
            for (index, range) in ranges.enumerated() {
                if index >= driver.policy.partsAtOnce, case .failure(let error) = await collect(&ledger, from: &group) {
                    group.cancelAll()
                    return error
                }
                let number = ledger.read(upTo: nil)
                group.addTask { await copy(number, range, of: original, to: upload) }
            }
            for _ in 0..<min(ranges.count, driver.policy.partsAtOnce) {
                if case .failure(let error) = await collect(&ledger, from: &group) {
                    group.cancelAll()
                    return error
                }
            }
            return nil
        }
        if let outcome { throw outcome }
        session.ledger = ledger
    }

    private func collect(_ ledger: inout S3PartLedger, from group: inout TaskGroup<Copied>) async -> Copied? {
        let copied = await group.next()
        if case .success(let part) = copied { ledger.note(part) }
        return copied
    }

    private func copy(
        _ number: Int, _ range: Range<Int64>, of original: S3Original, to upload: S3Upload
    ) async -> Copied {
        do throws(StorageError) {
            let etag = try await bucket.copy(number, of: upload, original.headers(range))
            request.worked()
            return .success(S3SentPart(number: number, count: range.count, etag: etag, isProved: false))
        } catch {
            return .failure(error.ofCopy())
        }
    }
}

extension S3Bucket {
    /// Has the store make one part of bytes that it has; returns its entity tag.
    func copy(_ number: Int, of upload: S3Upload, _ headers: TransferHeaders) async throws(StorageError) -> String {
        var headers = headers
        encryption?.addKey(to: &headers)
        let query = [S3Query("partNumber", String(number)), S3Query("uploadId", upload.id)]
        let root = try await client.send(S3Call("PUT", upload.key, query, headers: headers)).document()
        guard root.name == "CopyPartResult", let etag = root["ETag"].map({ S3Object.bareTag($0.text) }) else {
            throw S3Page.unreadable("a part without an entity tag")
        }
        return etag
    }
}
