import Storage
import StowageContract
import XML

/// What was found out about a bucket when it was opened.
struct S3Facts: Sendable, Equatable {
    /// Whether an overwritten object stays as a version.
    var isVersioned: Bool
    /// Whether objects can be locked.
    var locks: Bool
    /// Whether the store says how much there is in the bucket.
    var tellsUsage: Bool
    var exclusivity: S3Exclusivity
    /// Whether the end of an upload in parts can be made to replace nothing.
    var completesExclusively: Bool
    /// Whether conditions may be sent at all.
    var takesConditions: Bool
    /// Whether payloads are signed, and the store refuses those that are not what was signed.
    var provesSignatures: Bool

    /// Asks the bucket, and tries what it cannot be asked.
    ///
    /// What does not depend on each other is asked side by side: whoever starts waits for it.
    static func find(_ bucket: S3Bucket, provingBySignature: Bool) async throws(StorageError) -> S3Facts {
        // First, and alone: a clock or credentials that are wrong are found out once.
        let usage = try await bucket.usage()
        async let versioningAnswer = outcome { () async throws(StorageError) in
            try await allowed { () async throws(StorageError) in try await bucket.isVersioned() }
        }
        async let locksAnswer = outcome { () async throws(StorageError) in
            try await allowed { () async throws(StorageError) in try await bucket.locks() }
        }
        let toldVersioned = try await versioningAnswer.get()
        let locks = try await locksAnswer.get() ?? false
        let triesPayloads = provingBySignature && bucket.client.signsPayloads
        async let payloadAnswer = outcome { () async throws(StorageError) in
            guard triesPayloads else { return false }
            // Where nobody says, as if it kept every trial.
            return try await S3PayloadTrial.run(bucket, isVersioned: toldVersioned ?? true)
        }
        let trial = try await S3Trial.run(bucket, isVersioned: toldVersioned ?? locks)
        let provesSignatures = try await payloadAnswer.get()
        // A policy may forbid the question; the answer to a write tells it too.
        let isVersioned = toldVersioned ?? trial.sawVersion
        let exclusivity: S3Exclusivity = trial.putsExclusively ? .atomic : isVersioned ? .firstVersion : .checked
        return S3Facts(
            isVersioned: isVersioned, locks: locks, tellsUsage: usage != nil, exclusivity: exclusivity,
            completesExclusively: trial.completesExclusively, takesConditions: trial.takesConditions,
            provesSignatures: provesSignatures)
    }

    /// What `ask` answers; `nil`: we may not ask, or the store does not know the question.
    private static func allowed<Value>(
        _ ask: () async throws(StorageError) -> Value
    ) async throws(StorageError) -> Value? {
        do throws(StorageError) {
            return try await ask()
        } catch {
            switch error.code {
            case .permissionDenied, .unsupported, .notFound: return nil
            default: throw error
            }
        }
    }
}

/// What comes of something that runs beside its caller.
func outcome<Value: Sendable>(
    _ body: () async throws(StorageError) -> Value
) async -> Result<Value, StorageError> {
    do throws(StorageError) { return .success(try await body()) } catch { return .failure(error) }
}

/// How it is made sure that an archive replaces nothing.
enum S3Exclusivity: Sendable {
    /// The store refuses to put an object where one is (`If-None-Match: *`).
    case atomic
    /// Every object becomes a version, and the first one counts.
    case firstVersion
    /// We look before and after.
    case checked

    /// As events say it.
    var contract: Exclusivity { self == .checked ? .checked : .atomic }
}
