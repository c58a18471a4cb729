import Cryptography
import Storage
import StowageContract

/// Tries whether the store refuses bytes that are not those that were signed.
///
/// Where it does, an answer of success proves that it got what it was sent, by SHA-256, and MD5 need not be computed.
/// Nothing stands in the store after that. A store that takes other bytes keeps them, for an object in a versioned bucket
/// to say so for good: there, each trial would leave one more.
enum S3PayloadTrial {
    static func run(_ bucket: S3Bucket, isVersioned: Bool) async throws(StorageError) -> Bool {
        do throws(StorageError) {
            if isVersioned, try await bucket.head(S3Names.forgery) != nil { return false }
            do throws(StorageError) {
                var bytes = S3Part.Bytes()
                bytes.add([0x0A])
                let forged = S3Part(bytes, .init(sha256: true), sha256: S3Part.emptySHA256)
                try await bucket.client.send(S3Call("PUT", S3Names.forgery, body: .part(forged)))
                return false
            } catch {
                guard error.context["serverCode"] == "XAmzContentSHA256Mismatch" else { throw error }
            }
            // It may have said so too late.
            return try await bucket.head(S3Names.forgery) == nil
        } catch {
            switch error.code {
            // Whatever it was, it was no proof.
            case .unavailable, .timedOut, .rateLimited, .cancelled, .unauthenticated: throw error
            default: return false
            }
        }
    }
}
