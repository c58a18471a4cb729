/// How long an archive must not be deleted or replaced.
public struct Retention: Sendable, Equatable {
    /// How strictly a store holds to a retention.
    public enum Mode: String, Sendable, CaseIterable {
        /// Privileged users of the store may lift it; Stowage never does.
        case governance
        /// Nobody can lift it.
        case compliance
    }

    /// Who refuses an early delete.
    public enum Enforcer: String, Sendable, CaseIterable {
        /// The store itself.
        case store
        /// Stowage, by refusing tasks; the store would allow it.
        case stowage
    }

    /// How strictly it is held.
    public var mode: Mode
    /// The first moment at which a delete is allowed.
    public var until: Timestamp
    /// In a task: who must enforce it (`nil`: either); in a handle or result: who does.
    public var enforcedBy: Enforcer?

    /// A retention from its parts.
    public init(mode: Mode, until: Timestamp, enforcedBy: Enforcer? = nil) {
        self.mode = mode
        self.until = until
        self.enforcedBy = enforcedBy
    }
}
