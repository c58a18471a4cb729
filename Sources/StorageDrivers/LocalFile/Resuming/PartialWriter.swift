import FileSystem
import ServiceRuntime
import Sharing
import Storage
import StowageContract

/// Pulls a body into a partial file and leaves checkpoints, which are flushed while the next bytes come.
struct PartialWriter {
    private static let batchBytes = 1 << 20
    private static let writebackBytes: Int64 = 8 << 20

    /// How a pull ended before the body's end.
    struct Interruption: Error {
        var error: StorageError
        /// What was written can be gone on with.
        var isKept: Bool
    }

    private let partial: PartialFile
    private let body: any ResumableBody
    private let driver: LocalFileStorageDriver
    private let keeper: CheckpointKeeper
    private var chunks: [[UInt8]] = []
    private var buffered = 0
    private var written: Int64
    private var writebackFrom: Int64
    private var noted: Int64
    private var notedAt: Int64

    /// A writer that goes on behind the first `resumed` bytes.
    init(_ partial: PartialFile, _ body: any ResumableBody, resumed: Int64, of driver: LocalFileStorageDriver) {
        self.partial = partial
        self.body = body
        self.driver = driver
        self.keeper = CheckpointKeeper(partial, body, driver.blocking)
        (written, writebackFrom, noted) = (resumed, resumed, resumed)
        notedAt = driver.now().millisecondsSinceEpoch
    }

    /// Takes everything that the body has.
    mutating func take() async throws(Interruption) {
        var writer = self
        let outcome = await withTaskGroup(of: Void.self) { group -> Result<Void, Interruption> in
            let outcome = await writer.pull { [keeper = writer.keeper] prefix in
                group.addTask { await keeper.keep(prefix) }
            }
            await group.waitForAll()
            return outcome
        }
        self = writer
        // A flush that failed once is not told again: the bytes are not to be trusted, however the rest went.
        if let failure = keeper.failure { throw Interruption(error: failure, isKept: false) }
        do throws(Interruption) {
            try outcome.get()
        } catch {
            guard error.isKept, !body.isForgone else { throw error }
            try await keepLast()
            throw error
        }
    }

    private mutating func pull(_ keep: (ArchivePrefix) -> Void) async -> Result<Void, Interruption> {
        while keeper.failure == nil {
            let chunk: [UInt8]?
            do throws(StorageError) {
                chunk = try await body.next()
            } catch {
                return .failure(Interruption(error: error, isKept: error.mayBeGoneOnWith))
            }
            do throws(StorageError) {
                guard let chunk else {
                    try await spill()
                    return .success(())
                }
                buffered += chunk.count
                chunks.append(chunk)
                if buffered >= Self.batchBytes { try await spill() }
                if isDue, !keeper.isBusy {
                    try await spill()
                    let prefix = body.passed
                    noted = prefix.bytes
                    notedAt = driver.now().millisecondsSinceEpoch
                    keeper.begin()
                    keep(prefix)
                }
            } catch {
                return .failure(Interruption(error: error, isKept: false))
            }
        }
        return .success(())
    }

    private var isDue: Bool {
        let sinceThen = written + Int64(buffered) - noted
        if sinceThen >= driver.checkpoints.everyBytes { return true }
        let age = driver.now().millisecondsSinceEpoch - notedAt
        return sinceThen > 0 && !(0..<driver.checkpoints.everyMilliseconds).contains(age)
    }

    /// What came since the last checkpoint is kept as well.
    private mutating func keepLast() async throws(Interruption) {
        do throws(StorageError) {
            try await spill()
        } catch {
            throw Interruption(error: error, isKept: false)
        }
        if written > noted { await keeper.keep(body.passed) }
        if let failure = keeper.failure { throw Interruption(error: failure, isKept: false) }
    }

    private mutating func spill() async throws(StorageError) {
        guard buffered > 0 else { return }
        let (chunks, file) = (chunks, partial.staged.file.file)
        let (from, end) = (writebackFrom, written + Int64(buffered))
        let startsWriteback = driver.durability != .none && end - from >= Self.writebackBytes
        try await driver.blocking.run { () throws(StorageError) in
            try mapped { () throws(FileSystemError) in
                for chunk in chunks { try file.write(chunk) }
                if startsWriteback { file.startWriteback(at: from, count: end - from) }
            }
        }
        if startsWriteback { writebackFrom = end }
        written = end
        buffered = 0
        self.chunks = []
    }
}
