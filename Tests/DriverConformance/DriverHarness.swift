import Sharing
import Observability
package import ServiceRuntime
public import Storage
package import StowageContract
public import Testing

/// A driver with one way of standing under `Storage`, ready to be opened afresh for each case.
public struct DriverHarness: Sendable, CustomTestStringConvertible {
    /// How the driver stands.
    public enum Stack: String, Sendable, CaseIterable {
        /// Without interceptors.
        case bare
        /// With all of them.
        case full
        /// With all of them, over a driver whose every third call fails.
        case faulty
    }

    /// What the driver is called in the names of the cases.
    public let name: String
    /// How the driver stands.
    public let stack: Stack
    /// What the driver declares; cases are selected by it.
    public let capabilities: StoreCapabilities
    /// The size of an archive in the half of which a driver that can resume leaves a checkpoint.
    public let longArchiveBytes: Int64
    /// Whether two writers can go on from one checkpoint at the same time, as they send the same parts.
    public var sharesCheckpoints = false
    /// Whether the server is known not to keep such a path or name: the task is refused.
    public var refusesNames: @Sendable (_ path: String, _ name: String) -> Bool = { _, _ in false }
    /// Whether what the process holds tells what the driver holds.
    public var measuresMemory = true
    private let driver: Opening

    /// Opens the driver over an empty store; the second value is kept for as long as the store is tested.
    public typealias Opening = @Sendable (DriverEnvironment) async throws -> (any StorageDriver, any Sendable)

    package init(
        _ name: String, _ stack: Stack, _ capabilities: StoreCapabilities, longArchiveBytes: Int64 = 2 << 20,
        driver: @escaping Opening
    ) {
        self.name = name
        self.stack = stack
        self.capabilities = capabilities
        self.longArchiveBytes = longArchiveBytes
        self.driver = driver
    }

    /// Driver and stack.
    public var testDescription: String { name + " " + stack.rawValue }

    /// A storage of its own over an empty store; `innermost` stands right above the driver.
    package func open(
        _ settings: DriverSettings = DriverSettings(), innermost: (any StorageInterceptor)? = nil
    ) async throws -> StorageUnderTest {
        let clock = TurnableClock()
        let pool = BlockingPool(threads: 8)
        guard let driverName = DriverName("tested") else { throw ConformanceFailure("no name") }
        let (driver, kept) = try await driver(
            DriverEnvironment(name: driverName, blocking: pool, now: { clock.now }, connections: settings.concurrency))
        let environment = StorageEnvironment(
            blocking: pool, time: clock.time, metrics: MetricsRegistry(),
            logger: Logger(sink: SilentSink(), level: .error))
        let interceptors = stack == .bare ? [] : Storage.stack(driverName, environment)
        let storage = Storage(
            name: driverName, driver: driver, settings: settings, environment: environment,
            interceptors: interceptors + (innermost.map { [$0] } ?? []))
        return StorageUnderTest(storage: storage, clock: clock, isFaulty: stack == .faulty, kept: kept)
    }
}

/// What a case works on.
package struct StorageUnderTest: Sendable {
    package let storage: Storage
    package let clock: TurnableClock
    let isFaulty: Bool
    private let kept: any Sendable

    init(storage: Storage, clock: TurnableClock, isFaulty: Bool, kept: any Sendable) {
        self.storage = storage
        self.clock = clock
        self.isFaulty = isFaulty
        self.kept = kept
    }

    /// Does it as the broker would: again, as a redelivery, while it fails transiently.
    ///
    /// A driver that works must not need it.
    package func delivered<Value: Sendable>(
        _ body: @Sendable (_ mayHaveRunBefore: Bool) async throws -> Value
    ) async throws -> Value {
        var deliveries = 0
        while true {
            do {
                return try await body(deliveries > 0)
            } catch let error as StorageError {
                deliveries += 1
                guard isFaulty, error.retry != .permanent, error.message.hasPrefix("an injected fault"),
                    deliveries < 20
                else { throw error }
            }
        }
    }

    /// Stores, as often as it takes.
    @discardableResult
    package func store(
        _ request: StoreRequest, _ source: any ArchiveSource
    ) async throws -> StoreReceipt {
        try await delivered { again in
            var request = request
            if again { request.mayHaveRunBefore = true }
            return try await storage.store(request, from: source)
        }
    }

    /// All bytes of an archive, or the part of them.
    package func bytes(_ key: String, _ range: ByteRange? = nil) async throws -> [UInt8] {
        try await delivered { _ in
            try await storage.withArchive(.key(key), range: range) { (body, _) async throws(StorageError) in
                var bytes: [UInt8] = []
                while let chunk = try await body.next() { bytes += chunk }
                return bytes
            }
        }
    }

    /// The handle under a key.
    package func stat(_ key: String) async throws -> ArchiveHandle? {
        try await delivered { _ in try await storage.stat(.key(key)) }
    }

    /// All keys below a prefix.
    package func keys(_ prefix: String = "", limit: Int = 1000) async throws -> [String] {
        var keys: [String] = []
        var after: String?
        repeat {
            let from = after
            let page = try await delivered { _ in
                try await storage.list(ListData(prefix: prefix, after: from, limit: limit))
            }
            keys += page.archives.map(\.key)
            after = page.next
        } while after != nil
        return keys
    }

    /// The error that `body` throws in the end.
    package func error(_ body: @Sendable (Bool) async throws -> Void) async throws -> StorageError {
        do {
            try await delivered(body)
        } catch let error as StorageError {
            return error
        }
        throw ConformanceFailure("an error was expected")
    }
}

/// The system's clock, which a test can turn forward; nobody waits for it.
package final class TurnableClock: Sendable {
    private let offset = Guarded<Int64>(0)

    /// The wall clock with what it was turned by.
    package var now: Timestamp {
        Timestamp(millisecondsSinceEpoch: TimeSource.system.millisecondsSinceEpoch + offset.withLock { $0 })
    }

    /// The same for code under test; its waits are over at once.
    package var time: TimeSource {
        TimeSource(
            millisecondsSinceEpoch: { self.now.millisecondsSinceEpoch }, monotonic: { TimeSource.system.monotonic },
            sleep: { _ in await Task.yield() })
    }

    package func turn(by seconds: Int64) {
        offset.withLock { $0 += seconds * 1000 }
    }
}

private struct SilentSink: LogSink {
    func write(_ line: LogLine) {}
}

/// A case that could not be carried out.
package struct ConformanceFailure: Error {
    package let message: String

    package init(_ message: String) {
        self.message = message
    }
}
