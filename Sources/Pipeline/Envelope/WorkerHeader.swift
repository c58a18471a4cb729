/// The headers that workers put on the copies they publish.
///
/// They count only on messages whose broker-checked `user-id` is a worker's; from anybody else they are dropped.
package enum WorkerHeader: String, Sendable, CaseIterable {
    /// The attempt on this driver that the copy asks for, from 1.
    case attempt = "x-stowage-attempt"
    /// The alternatives left, comma-separated.
    case slip = "x-stowage-slip"
    /// The attempts so far, as JSON.
    case history = "x-stowage-history"
    /// When the first attempt began, in milliseconds since 1970.
    case firstAt = "x-stowage-first-at"
    /// The wall, in milliseconds since 1970: what `expiration` said.
    case deadline = "x-stowage-deadline"
    /// The authenticated producer.
    case user = "x-stowage-user"
    /// On parked messages: the code of the error.
    case errorCode = "x-stowage-error-code"
    /// On parked messages: the sentence of the error, at most 2 KiB.
    case error = "x-stowage-error"
    /// On parked messages: why it was parked.
    case reason = "x-stowage-reason"
    /// On parked messages: when, in milliseconds since 1970.
    case parkedAt = "x-stowage-parked-at"
    /// How often an operator has changed the task.
    case edited = "x-stowage-edited"
    /// On parked messages that an operator has changed: when last, in milliseconds since 1970.
    case editedAt = "x-stowage-edited-at"
    /// How often an operator has sent the task again.
    case replayed = "x-stowage-replayed"
    /// Deliveries that worked on the task before by hand-over.
    case slice = "x-stowage-slice"
    /// Where the next slice goes on.
    case checkpoint = "x-stowage-checkpoint"

    /// What every header of ours begins with.
    package static let namespace = "x-stowage-"
}
