/// What a succeeded task has to say, by operation.
public enum TaskResult: Sendable, Equatable {
    case store(StoreResult)
    case retrieve(RetrieveResult)
    case delete(DeleteResult)
    case stat(StatResult)
    case list(ListResult)
    case verify(VerifyResult)
    case copy(handle: ArchiveHandle)
    /// `url` only in a reply, never in an event.
    case presign(expiresAt: Timestamp, url: String? = nil)
    case retain(retention: Retention?, legalHold: Bool)
    case check(CheckResult)
    case capacity(StoreCapacity)
}

/// How the bytes in the store were proved.
public enum Verification: String, Sendable, CaseIterable {
    /// By a digest that the store computed.
    case server
    /// By reading them back.
    case reread
    /// By their number only.
    case size
}

/// How it was made sure that nothing was replaced.
public enum Exclusivity: String, Sendable, CaseIterable {
    /// The store itself refuses a second archive under the key.
    case atomic
    /// Looked before and after; the store cannot do better.
    case checked
}

/// What survives a loss of power.
public enum Durability: String, Sendable, CaseIterable {
    /// Bytes and names were flushed to the medium.
    case full
    /// The bytes were flushed, the names were not waited for.
    case file
    /// Nothing was waited for.
    case none
    /// The store answers for it.
    case store
}

/// The result of a `store`.
public struct StoreResult: Sendable, Equatable {
    public var handle: ArchiveHandle
    /// An earlier delivery of this task had committed it.
    public var alreadyPresent: Bool
    public var verified: Verification?
    public var exclusive: Exclusivity
    public var durability: Durability
    public var retention: Retention?
    public var copies: [CopyOutcome]
    /// Archives of this task that stand on other drivers of the slip.
    public var otherCopies: [ArchiveHandle]
    /// Drivers that may hold one but could not be asked.
    public var possibleCopies: [DriverName]
    /// Bytes taken from the source in this delivery.
    public var sourceBytes: Int64
    /// Bytes that were in the store already and not taken again.
    public var resumedBytes: Int64
    /// Deliveries that worked on it by hand-over, at least 1.
    public var slices: Int

    /// A result from its parts.
    public init(
        handle: ArchiveHandle, alreadyPresent: Bool, verified: Verification?, exclusive: Exclusivity,
        durability: Durability, retention: Retention? = nil, copies: [CopyOutcome] = [],
        otherCopies: [ArchiveHandle] = [], possibleCopies: [DriverName] = [], sourceBytes: Int64 = 0,
        resumedBytes: Int64 = 0, slices: Int = 1
    ) {
        self.handle = handle
        self.alreadyPresent = alreadyPresent
        self.verified = verified
        self.exclusive = exclusive
        self.durability = durability
        self.retention = retention
        self.copies = copies
        self.otherCopies = otherCopies
        self.possibleCopies = possibleCopies
        self.sourceBytes = sourceBytes
        self.resumedBytes = resumedBytes
        self.slices = slices
    }
}

/// What became of one wanted copy.
public enum CopyOutcome: Sendable, Equatable {
    case stands(driver: DriverName, handle: ArchiveHandle)
    /// `followUp`: the task that will try again, where one was published.
    case missing(driver: DriverName, error: ErrorReport, followUp: TaskID?)
}

/// The result of a `retrieve`.
public struct RetrieveResult: Sendable, Equatable {
    /// Bytes delivered.
    public var size: Int64
    /// Of the bytes delivered.
    public var sha256: String
    /// Whether they were compared with the recorded digest (a range cannot be).
    public var verified: Bool
    /// The member of `destination` that was used: `file`, `url` or `inline`, with its path; never a signed URL.
    public var destination: TaskDestination
    /// The bytes themselves, which go to the reply only.
    public var inline: [UInt8]?

    /// A result from its parts.
    public init(
        size: Int64, sha256: String, verified: Bool, destination: TaskDestination, inline: [UInt8]? = nil
    ) {
        self.size = size
        self.sha256 = sha256
        self.verified = verified
        self.destination = destination
        self.inline = inline
    }
}

/// The result of a `delete`.
public struct DeleteResult: Sendable, Equatable {
    public var deleted: Bool
    public var absent: Bool

    /// A result from its parts.
    public init(deleted: Bool, absent: Bool) {
        self.deleted = deleted
        self.absent = absent
    }
}

/// The result of a `stat`.
public struct StatResult: Sendable, Equatable {
    public var exists: Bool
    public var handle: ArchiveHandle?

    /// A result from its parts.
    public init(handle: ArchiveHandle?) {
        self.exists = handle != nil
        self.handle = handle
    }
}

/// The result of a `list`.
public struct ListResult: Sendable, Equatable {
    /// One archive of a listing.
    public struct Entry: Sendable, Equatable {
        public var key: String
        public var size: Int64
        public var storedAt: Timestamp
        public var taskID: TaskID?

        /// An entry from its parts.
        public init(key: String, size: Int64, storedAt: Timestamp, taskID: TaskID?) {
            self.key = key
            self.size = size
            self.storedAt = storedAt
            self.taskID = taskID
        }
    }

    /// In byte order of key.
    public var archives: [Entry]
    /// `after` for the next page; `nil` at the end.
    public var next: String?

    /// A result from its parts.
    public init(archives: [Entry], next: String?) {
        self.archives = archives
        self.next = next
    }
}

/// The result of a `verify`.
public struct VerifyResult: Sendable, Equatable {
    /// What was found.
    public enum State: String, Sendable, CaseIterable {
        case ok, mismatch, missing, unreadable
    }

    public var state: State
    /// What the bytes should have.
    public var expectedSHA256: String?
    /// What they have.
    public var actualSHA256: String?

    /// A result from its parts.
    public init(state: State, expectedSHA256: String?, actualSHA256: String?) {
        self.state = state
        self.expectedSHA256 = expectedSHA256
        self.actualSHA256 = actualSHA256
    }
}

/// The result of a `check`.
public struct CheckResult: Sendable, Equatable {
    /// One thing that was tried.
    public struct Step: Sendable, Equatable {
        /// The things that are tried, in order.
        public enum Name: String, Sendable, CaseIterable {
            case connect, authenticate, write
            case readBack = "read-back"
            case refuseOverwrite = "refuse-overwrite"
            case refuseEarlyDelete = "refuse-early-delete"
            case refuseShorten = "refuse-shorten"
            case delete
        }

        /// How it ended.
        public enum Outcome: String, Sendable, CaseIterable { case passed, failed, skipped }

        public var name: Name
        public var outcome: Outcome
        public var milliseconds: Int64
        public var error: ErrorReport?

        /// A step from its parts.
        public init(name: Name, outcome: Outcome, milliseconds: Int64, error: ErrorReport? = nil) {
            self.name = name
            self.outcome = outcome
            self.milliseconds = milliseconds
            self.error = error
        }
    }

    public var steps: [Step]
    /// No step failed.
    public var ok: Bool { steps.allSatisfy { $0.outcome != .failed } }

    /// A result from its steps.
    public init(steps: [Step]) {
        self.steps = steps
    }
}

/// How much room a store has, in bytes; `nil` where it does not tell.
public struct StoreCapacity: Sendable, Equatable {
    public var totalBytes: Int64?
    public var usedBytes: Int64?
    public var freeBytes: Int64?

    /// A capacity from its parts.
    public init(totalBytes: Int64? = nil, usedBytes: Int64? = nil, freeBytes: Int64? = nil) {
        self.totalBytes = totalBytes
        self.usedBytes = usedBytes
        self.freeBytes = freeBytes
    }
}
