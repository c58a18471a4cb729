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
            // Where the first version counts, replacing is no danger.
            guard !isVersioned else {
                try await trial.put(bucket)
                return trial
            }
            // Beside the other trial: what it turns out to be good for shows at its end.
            async let begun = outcome { () async throws(StorageError) in try await begin(bucket) }
            let put = await outcome { () async throws(StorageError) in
                var trial = S3Trial()
                try await trial.put(bucket)
                return trial
            }
            let upload = await begun
            if case .success(let tried) = put { trial = tried }
            if trial.putsExclusively {
                try await trial.complete(bucket, upload.get())
            } else if case .success(let (upload, _)) = upload {
                try? await bucket.abort(upload)
            }
            _ = try put.get()
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

    /// An upload in one part, to be completed over the object.
    private static func begin(_ bucket: S3Bucket) async throws(StorageError) -> (S3Upload, S3SentPart) {
        let id = try await bucket.begin(S3Names.probe, headers: [])
        let upload = S3Upload(key: S3Names.probe, id: id, initiated: Timestamp(millisecondsSinceEpoch: 0))
        do throws(StorageError) {
            let headers = try await bucket.send(1, of: upload, headers: [], .bytes([0x0A]))
            let tag = headers["ETag"].map { S3Object.bareTag($0) } ?? ""
            return (upload, S3SentPart(number: 1, count: 1, etag: tag, isProved: false))
        } catch {
            try? await bucket.abort(upload)
            throw error
        }
    }

    private mutating func complete(
        _ bucket: S3Bucket, _ begun: (upload: S3Upload, part: S3SentPart)
    ) async throws(StorageError) {
        let upload = begun.upload
        do throws(StorageError) {
            _ = try await bucket.complete(upload, [begun.part], onlyIfAbsent: true)
        } catch {
            try? await bucket.abort(upload)
            if error.code == .conflict { completesExclusively = true }
            if error.code != .conflict, error.code != .unsupported { throw error }
        }
    }
}
