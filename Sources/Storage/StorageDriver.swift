public import ServiceRuntime
public import StowageContract
public import StrictCoding

/// What the author of a driver implements: the wire, and nothing else.
///
/// `Storage` guarantees: keys are valid, normalised and within the declared limits; only declared capabilities are
/// used; at most `concurrency` calls run at once, besides probes; cancellation arrives as task cancellation.
///
/// The driver owes: every failure mapped to a `StorageError` that says whether its outcome is ambiguous; nothing
/// visible until it is complete; never an existing archive replaced, whatever the races and crashes; no retries, they
/// are decided above; no blocking on the caller's executor.
public protocol StorageDriver: Sendable {
    /// The driver's own keys of `drivers.<name>`, decoded strictly.
    associatedtype Configuration: Decodable & Sendable

    /// The value of `type` in the configuration.
    static var type: String { get }

    /// Makes the driver ready; called once, on first use, and again when it failed.
    ///
    /// Connection parameters never change afterwards.
    static func open(_ configuration: Configuration, in environment: DriverEnvironment) async throws(StorageError)
        -> Self

    /// What this store can do, as found at opening; obeyed by `Storage` and used to select conformance cases.
    var capabilities: StoreCapabilities { get }

    /// The identity of the store behind the driver (`.stowage-store`), where it keeps one.
    var storeID: String? { get }

    /// What survives a loss of power once `write` has returned; the default is `.store`.
    var durability: Durability { get }

    /// Checks the task's `driverOptions` for this driver; called before any byte moves.
    ///
    /// - Throws: `.invalidTask` naming the member. The default refuses every option.
    func validate(options: JSONValue) throws(StorageError)

    /// Pulls `body` to its end, calls `request.seal` once, and commits the archive with the manifest it returns.
    ///
    /// Nothing is visible before the commit, and the commit replaces nothing: an archive under the key, or the record of
    /// a deletion that names the request's task, is `.conflict` (permanent, not ambiguous), and what was written is
    /// discarded. When `seal` or
    /// `body` throws, or the task is cancelled, what was written is discarded and the error passed on. Returns after
    /// the archive is as durable as the receipt says.
    func write(_ request: WriteRequest, from body: any ArchiveBody) async throws(StorageError) -> WriteReceipt

    /// Waits until what stands under `key` survives a loss of power, as far as `durability` promises it.
    ///
    /// Called before somebody announces an archive that another call has committed: that call may not have flushed it
    /// yet, or may have been killed in between. The default does nothing, for stores that answer for themselves.
    func persist(_ key: ArchiveKey) async throws(StorageError)

    /// What is stored under `key`, with its current retention; `nil` when there is no committed archive.
    func stat(_ key: ArchiveKey, version: String?) async throws(StorageError) -> StoredArchive?

    /// The bytes of an archive, or the part of them; `range` lies within the archive.
    ///
    /// - Throws: `.notFound` when there is no committed archive.
    func read(_ key: ArchiveKey, version: String?, range: Range<Int64>?) async throws(StorageError) -> any ArchiveBody

    /// Removes an archive and leaves a record of the deletion where a late copy of its store could arrive.
    ///
    /// A store that enforces retention and holds itself answers `.retained`. Any other driver calls `request.admit` with
    /// what stands, from within whatever keeps its own `retain` out until the archive is gone, and passes on what it
    /// throws: `Storage` has looked before, but a `retain` may have come in between.
    /// - Returns: whether there was one. Absent is not an error.
    func delete(_ request: DeleteRequest) async throws(StorageError) -> Bool

    /// Committed archives whose keys begin with `prefix` and lie behind `after`, in byte order of key.
    func list(prefix: String, after: String?, limit: Int) async throws(StorageError) -> ArchivePage

    /// How much room there is.
    func capacity() async throws(StorageError) -> StoreCapacity

    /// Whether the store answers and accepts us. Never writes.
    func probe() async throws(StorageError)

    /// Removes what killed writers left behind and is older than `age`; returns how many. Never touches archives.
    func sweep(olderThan age: Duration) async throws(StorageError) -> Int

    /// Gives connections and descriptors back; no call comes afterwards.
    func close() async
}

extension StorageDriver {
    /// The store answers for it.
    public var durability: Durability { .store }

    /// Nothing to wait for.
    public func persist(_ key: ArchiveKey) async throws(StorageError) {}

    /// Refuses every option.
    public func validate(options: JSONValue) throws(StorageError) {
        throw StorageError(.invalidTask, .permanent, "this driver takes no driverOptions", at: .task)
    }
}

/// A store whose retention and holds can be read and prolonged.
public protocol Retaining: StorageDriver {
    /// Adds to what protects the archive: a later `until`, a hold of this task's, released holds.
    ///
    /// Called again with the same request it changes nothing and succeeds, whatever other tasks have added since;
    /// `ProtectionRecord.next` decides that for drivers that keep records.
    /// - Returns: what is in force afterwards, read back from the store, and as durable as the driver promises.
    /// - Throws: `.conflict` when `until` would come earlier, or the task has asked for something else before; `.notFound`.
    func retain(_ request: RetainRequest) async throws(StorageError) -> RetentionState
}

/// A store that can give out a URL with which one archive can be fetched for a while, without credentials.
public protocol Presigning: StorageDriver {
    /// A URL to `GET` the archive from until it expires; declared by `capabilities.presign`.
    ///
    /// The archive stands, as far as `Storage` knows, and `seconds` is 1 to 604,800. The URL is as good as a password: it
    /// stands in no error and no log.
    ///
    /// - Throws: `.unsupported`, permanently, where the store allows less time.
    func presign(_ key: ArchiveKey, version: String?, expiresSeconds seconds: Int) async throws(StorageError)
        -> PresignedURL
}

/// What a driver is given.
///
/// Never a global.
public struct DriverEnvironment: Sendable {
    /// The configured name.
    public var name: DriverName
    /// Threads for calls that block, the driver's own: what hangs in one store takes none from the others.
    ///
    /// `look` is for calls that change nothing: they can be left behind.
    public var blocking: BlockingPool
    /// The wall clock.
    public var now: @Sendable () -> Timestamp
    /// How many connections the driver may hold open at once, for all tasks of the process together.
    public var connections: Int

    /// An environment from its parts.
    public init(
        name: DriverName, blocking: BlockingPool, now: @escaping @Sendable () -> Timestamp, connections: Int
    ) {
        self.name = name
        self.blocking = blocking
        self.now = now
        self.connections = connections
    }
}
