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

    /// Asks the bucket, and tries what it cannot be asked.
    static func find(_ bucket: S3Bucket) async throws(StorageError) -> S3Facts {
        let usage = try await bucket.usage()
        var isVersioned = try await allowed { () async throws(StorageError) in try await bucket.isVersioned() }
        let locks = try await allowed { () async throws(StorageError) in try await bucket.locks() } ?? false
        let trial = try await S3Trial.run(bucket, isVersioned: isVersioned ?? locks)
        // A policy may forbid the question; the answer to a write tells it too.
        isVersioned = isVersioned ?? trial.sawVersion
        let exclusivity: S3Exclusivity =
            trial.putsExclusively ? .atomic : isVersioned == true ? .firstVersion : .checked
        return S3Facts(
            isVersioned: isVersioned == true, locks: locks, tellsUsage: usage != nil, exclusivity: exclusivity,
            completesExclusively: trial.completesExclusively, takesConditions: trial.takesConditions)
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
