import Glibc

/// Places where tests kill the process, to see that nothing is lost there; nothing at all in release builds.
package enum CrashPoint: String, Sendable, CaseIterable {
    /// The bytes are written under a temporary name, nothing is visible.
    case afterTemporaryWrite = "after-temp-write"
    /// Bytes of a long store are flushed, and not noted as safe yet.
    case beforeCheckpoint = "before-checkpoint"
    /// Bytes of a long store are noted as safe, and nobody counts on it yet.
    case afterCheckpoint = "after-checkpoint"
    /// The archive is committed, nobody has been told.
    case afterPublish = "after-publish"
    /// The outcome is known, the event is not published.
    case beforeEvent = "before-event"
    /// The event is confirmed, its follow-ups are not done.
    case afterEvent = "after-event"
    /// All is done but the acknowledgement.
    case beforeAcknowledgement = "before-ack"

    #if CRASH_POINTS
        private static let armed = getenv("STOWAGE_CRASH_POINT").flatMap { CrashPoint(rawValue: String(cString: $0)) }
    #endif

    /// Kills the process here, if `STOWAGE_CRASH_POINT` names this place.
    @inline(__always)
    package static func reach(_ point: CrashPoint) {
        #if CRASH_POINTS
            if point == armed { kill(getpid(), SIGKILL) }
        #endif
    }
}
