import Cryptography
import ServiceRuntime
import Storage
import StowageContract
import Transfer

/// One archive on its way into the store in parts.
struct S3MultipartWrite {
    /// An upload that is under way.
    struct Session {
        var upload: S3Upload
        var ledger = S3PartLedger()
        /// What the store has besides, from earlier writers: compared before it is sent again.
        var stored: [Int: S3StoredPart] = [:]
        /// Bytes of the source that lie before the first part that is to be sent.
        var skip: Int64 = 0
        /// The version of the note that stands, in buckets that keep them.
        var noteVersion: String?
        /// Nobody is to go on with it.
        var isSpoilt = false
        /// Whether the archive may have been completed.
        var mayStand = false
    }

    /// A part that was read before it was clear that there would be more.
    typealias Held = (part: S3Part.Bytes, share: ByteBudget.Share)

    let driver: S3StorageDriver
    let request: WriteRequest
    let options: S3WriteOptions
    let reader: S3PartReader
    let plan: S3PartPlan
    let folder: S3Folder
    /// `nil`: nobody can go on with it.
    let resumable: (any ResumableBody)?
    /// What the store makes the parts of; `nil`: the reader brings them.
    var original: S3Original?

    var bucket: S3Bucket { driver.bucket }
    var noteKey: String { request.key.s3Folder + S3Names.upload }

    func run(after first: Held? = nil) async throws(StorageError) -> WriteReceipt {
        var session = try await begin()
        do throws(StorageError) {
            if let original {
                try await copyParts(&session, of: original)
            } else if plan.isBuffered {
                try await sendParts(&session, first)
            } else {
                try await passParts(&session)
            }
            let manifest: Manifest
            do throws(StorageError) {
                manifest = try request.seal()
            } catch {
                await discard(session)
                throw error
            }
            return try await commit(&session, manifest)
        } catch {
            var error = error
            if error.saysUploadIsGone, (try? await driver.find(request.key, version: nil)) != nil {
                // Another writer of the same parts has completed them.
                error = S3StorageDriver.taken
            }
            if !(error.isAmbiguous && session.mayStand), !mayBeGoneOn(after: error) { await discard(session) }
            throw error
        }
    }

    /// Whether what lies in the store is worth keeping.
    private func mayBeGoneOn(after error: StorageError) -> Bool {
        guard let resumable, !resumable.isForgone else { return false }
        return error.mayBeGoneOnWith
    }

    /// Gives the upload up with all that stands beside it, also when the task was cancelled meanwhile.
    private func discard(_ session: Session) async {
        let (driver, key, upload) = (driver, request.key, session.upload)
        await shielded {
            try? await driver.bucket.abort(upload)
            try? await driver.removeNotes(of: key, upload: upload)
        }
    }
}
