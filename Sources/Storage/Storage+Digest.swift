import Cryptography
import StowageContract

extension Storage {
    /// The digest of what the store has, read to its end: from the start, or from where the delivery before has stopped.
    ///
    /// - Throws: `.handedOver` once `slice` is over and something was read in it, where the rest can be read apart.
    func digest(
        of archive: StoredArchive, _ manifest: Manifest, slice: Slice?, _ meter: TransferMeter?
    ) async throws(StorageError) -> String {
        let reading = try await reading(archive, manifest, from: slice?.checkpoint)
        do throws(StorageError) {
            let digest = try await digest(of: archive, reading, slice: slice, meter)
            await reading.body.close()
            return digest
        } catch {
            await reading.body.close()
            throw error
        }
    }

    /// What is still to be read of an archive.
    private struct Reading {
        var body: any ArchiveBody
        /// What tells these bytes from others.
        var subject: String
        /// The digest of what lies before.
        var hash = PausableSHA256Hasher().paused
    }

    private func reading(
        _ archive: StoredArchive, _ manifest: Manifest, from checkpoint: String?
    ) async throws(StorageError) -> Reading {
        if capabilities.rangeRead, let checkpoint = checkpoint.flatMap({ ReadCheckpoint(text: $0) }),
            checkpoint.hash.count < archive.size
        {
            let body = try await read(archive, checkpoint.hash.count..<archive.size)
            let reading = Reading(body: body, subject: subject(archive, manifest, body), hash: checkpoint.hash)
            if reading.subject == checkpoint.subject { return reading }
            await body.close()
        }
        let body = try await read(archive, nil)
        return Reading(body: body, subject: subject(archive, manifest, body))
    }

    private func digest(
        of archive: StoredArchive, _ reading: Reading, slice: Slice?, _ meter: TransferMeter?
    ) async throws(StorageError) -> String {
        var body = reading.body
        if let meter {
            body = MeteredBody(body, meter, from: .driver, to: .driver)
            meter.begin(total: body.size.map { $0 + reading.hash.count }, done: reading.hash.count)
        }
        var hasher = PausableSHA256Hasher(reading.hash)
        while true {
            try StorageError.checkCancellation()
            if let slice, slice.isOver, capabilities.rangeRead, hasher.count > reading.hash.count,
                hasher.count < archive.size
            {
                slice.handOver(leaving: ReadCheckpoint(subject: reading.subject, hash: hasher.paused).text)
                throw .handedOver
            }
            guard let chunk = try await body.next() else { return hasher.finalize().hexadecimal }
            hasher.update(chunk)
        }
    }

    /// A text that is another one for an archive that was replaced, damaged in a way that its file shows, or recorded
    /// anew.
    private func subject(_ archive: StoredArchive, _ manifest: Manifest, _ body: any ArchiveBody) -> String {
        let parts = [
            "verify", name.text, archive.key.text, archive.version ?? "", archive.etag ?? "", String(archive.size),
            String(manifest.size), manifest.sha256, (body as? any IdentifiedBody)?.identity ?? "",
        ]
        return SHA256Hasher.digest(of: Array(parts.joined(separator: "\n").utf8)).hexadecimal
    }

    private func read(
        _ archive: StoredArchive, _ range: Range<Int64>?
    ) async throws(StorageError) -> any ArchiveBody {
        try await call(.read) { () async throws(StorageError) in
            try await driver.read(archive.key, version: archive.version, range: range)
        }
    }
}
