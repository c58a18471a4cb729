import Storage
import StowageContract
import Transfer

/// Tries once, on an object of its own, whether the store refuses to replace objects.
///
/// Stores that do not know a condition ignore it: only trying tells.
struct S3Trial: Sendable {
    var putsExclusively = false
    var completesExclusively = false
    var takesConditions = true
    var sawVersion = false

    static func run(_ bucket: S3Bucket, isVersioned: Bool) async throws(StorageError) -> S3Trial {
        var trial = S3Trial()
        do throws(StorageError) {
            // Each trial would leave one more version in a bucket that may lock it: two of them say enough.
            if isVersioned, try await bucket.allVersions(of: S3Names.probe).count > 1 { return trial }
            try await trial.put(bucket)
            // Where the first version counts, replacing is no danger.
            if trial.putsExclusively, !isVersioned { try await trial.complete(bucket) }
        } catch {
            // Whoever may not write now still may read, and is careful when he may again.
            switch error.code {
            case .permissionDenied, .readOnly, .outOfSpace: trial.putsExclusively = false
            default: throw error
            }
        }
        return trial
    }

    private mutating func put(_ bucket: S3Bucket) async throws(StorageError) {
        // The first one makes the object, unless an earlier trial has.
        for _ in 1...2 {
            do throws(StorageError) {
                let answer = try await bucket.put(S3Names.probe, [], onlyIfAbsent: true)
                sawVersion = S3Object.realVersion(answer.headers["x-amz-version-id"]) != nil
            } catch {
                if error.code == .unsupported {
                    takesConditions = false
                    return
                }
                // Another worker tries at the same moment: conditions are looked at, then.
                guard error.code == .conflict || error.context["status"] == "409" else { throw error }
                putsExclusively = true
                return
            }
        }
    }

    private mutating func complete(_ bucket: S3Bucket) async throws(StorageError) {
        let id = try await bucket.begin(S3Names.probe, headers: [])
        let upload = S3Upload(key: S3Names.probe, id: id, initiated: Timestamp(millisecondsSinceEpoch: 0))
        do throws(StorageError) {
            let headers = try await bucket.send(1, of: upload, headers: [], .bytes([0x0A]))
            let tag = headers["ETag"].map { S3Object.bareTag($0) } ?? ""
            let part = S3SentPart(number: 1, count: 1, etag: tag, isProved: false)
            _ = try await bucket.complete(upload, [part], onlyIfAbsent: true)
        } catch {
            try? await bucket.abort(upload)
            if error.code == .conflict { completesExclusively = true }
            if error.code != .conflict, error.code != .unsupported { throw error }
        }
    }
}
