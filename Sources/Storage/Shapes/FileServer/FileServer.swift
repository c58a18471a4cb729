package import StowageContract

/// A server that keeps files in folders: what the author of an FTP, SFTP or WebDAV driver implements.
///
/// `FileServerStorageDriver` makes a driver of it; how archives, manifests and records lie and appear is decided there.
///
/// A path is relative to the configured root: segments joined by `/`, without one in front or behind; the empty path is the
/// root. Segments are UTF-8 of at most 255 bytes, never empty, `.` or `..`, and have no control characters; all
/// else a name may have (spaces, quotes, `%`, `#`, `[`, a leading `-` or `~`), and it is the server's part to send it so that it
/// arrives.
///
/// Every call is one attempt: failures are mapped to `StorageError` (`at: .driver`), with `isAmbiguous` where the effect may
/// have happened. No retries, no blocking on the caller's executor; a cancelled task ends the call with `.cancelled`.
/// Connections are kept and shared by all calls, at most `DriverEnvironment.connections` of them.
package protocol FileServer: Sendable {
    /// The driver's own keys of `drivers.<name>`, decoded strictly.
    associatedtype Configuration: Decodable & Sendable

    /// The value of `type` in the configuration.
    static var type: String { get }

    /// Connects, proves who both sides are, and finds out what the server can do; makes the root where it is missing.
    static func connect(_ configuration: Configuration, in environment: DriverEnvironment) async throws(StorageError)
        -> Self

    /// What this server can do, as found when it was connected to.
    var facts: FileServerFacts { get }

    /// Asked for every archive before it is sent.
    ///
    /// - Throws: `.invalidTask` where the server refuses or changes names like those in this path.
    func requireNames(in path: String) async throws(StorageError)

    /// What stands at a path; `nil`: nothing. A link is what it leads to.
    func status(_ path: String) async throws(StorageError) -> FileEntry?

    /// Everything in a folder, in no order; `nil`: there is no such folder.
    ///
    /// Names that a path cannot have are left out.
    func entries(_ folder: String) async throws(StorageError) -> [FileEntry]?

    /// Makes one folder, in one step that only one of many callers succeeds with.
    ///
    /// - Returns: whether this call, and no other, made it; `false`: something stands there.
    /// - Throws: `.notFound` when the folder above is missing; `.invalidTask` where the server takes no such name.
    func makeFolder(_ path: String) async throws(StorageError) -> Bool

    /// Removes an empty folder.
    ///
    /// - Returns: whether this call removed it; `false`: it is not there.
    /// - Throws: `.conflict` when it is not empty.
    func removeFolder(_ path: String) async throws(StorageError) -> Bool

    /// Pulls `body` to its end and writes it behind the first `offset` bytes of a file.
    ///
    /// `offset` 0 makes the file or empties it; else `facts.resumes`, and the file has at least that many bytes; what it
    /// has behind them is written over. `size` is how many bytes the body has, where it is known. Returns after the server has
    /// said that it has everything (and has flushed it, where `facts.durability` says so). When it throws, some of it may stand
    /// there. What `body` throws is passed on as it is.
    ///
    /// - Throws: `.notFound` when the folder is missing.
    func upload(_ path: String, at offset: Int64, size: Int64?, from body: any ArchiveBody) async throws(StorageError)

    /// The same, and what the server says of the file then, where it can be asked along.
    func upload(
        _ path: String, at offset: Int64, size: Int64?, from body: any ArchiveBody, asking question: FileServerQuestion
    ) async throws(StorageError) -> FileServerAnswer

    /// Writes a small file, and makes a folder then, where that can be asked for along with it.
    ///
    /// - Returns: what the server says of the file's size, and whether this call made the folder; where it did not, the reason is
    ///   to be found out by `makeFolder`.
    func stage(_ path: String, _ bytes: [UInt8], making folder: String) async throws(StorageError) -> (
        answer: FileServerAnswer, isMade: Bool
    )

    /// The bytes of a file from `range.lowerBound` on, at most to `range.upperBound`; `nil`: all of it.
    ///
    /// The body fails where the server ends early.
    ///
    /// - Throws: `.notFound`.
    func read(_ path: String, range: Range<Int64>?) async throws(StorageError) -> any ArchiveBody

    /// Gives a file another name, in another folder too.
    ///
    /// `replacing` says what happens where a file stands there: it is replaced in one step, or the server is asked to refuse, in
    /// the way of the protocol that is most likely to be obeyed in one step. Whether it is obeyed is tried by `FileServerTrial`.
    ///
    /// - Throws: `.conflict` where something stands there, `.notFound` where the file or the folder is missing.
    func move(_ path: String, to target: String, replacing: Bool) async throws(StorageError)

    /// Moves files as `move` does without `replacing`, one after the other, and none after one that could not be moved.
    func move(_ moves: FileMoves) async -> FileMoves.Outcome

    /// Removes a file.
    ///
    /// - Returns: whether there was one.
    func remove(_ path: String) async throws(StorageError) -> Bool

    /// The digest that the server computes of a file, 64 hexadecimal digits; asked only where `facts.digests`.
    func sha256(_ path: String) async throws(StorageError) -> String

    /// How much room there is; asked only where `facts.tellsRoom`.
    func room() async throws(StorageError) -> StoreCapacity

    /// Asks the cheapest thing that proves that the server answers and accepts us. Never writes.
    ///
    /// Not on a connection that waits its turn behind others: a probe runs beside as many calls as there may be.
    func probe() async throws(StorageError)

    /// Gives connections back; no call comes afterwards.
    func close() async
}

extension FileServer {
    /// Names are kept as they are.
    package func requireNames(in path: String) async throws(StorageError) {}
}

/// What a server can do.
package struct FileServerFacts: Sendable, Equatable {
    /// `move` without `replacing` refuses in one step, whatever others do at the same moment: not where a server looks first
    /// and then replaces, however seldom somebody comes in between.
    ///
    /// Believed only where a trial does not speak against it.
    package var movesExclusively = false
    /// An upload can begin behind the start.
    package var resumes = false
    /// Such an upload fails with `.notFound` where the file is missing, instead of making one with a hole in front.
    package var resumesOnlyExisting = false
    /// Parts can be read.
    package var readsRanges = false
    /// The server computes SHA-256.
    package var digests = false
    /// The server says how much room there is.
    package var tellsRoom = false
    /// What survives a loss of power once an upload has returned.
    package var durability = Durability.store

    package init() {}
}

/// A file or folder as its server tells of it.
package struct FileEntry: Sendable, Equatable {
    /// The last segment of its path; empty for the root.
    package var name: String
    package var isFolder: Bool
    /// In bytes; 0 for a folder.
    package var size: Int64
    /// By the server's clock; `nil`: it did not say.
    package var modified: Timestamp?

    package init(name: String, isFolder: Bool, size: Int64, modified: Timestamp?) {
        self.name = name
        self.isFolder = isFolder
        self.size = size
        self.modified = modified
    }
}
