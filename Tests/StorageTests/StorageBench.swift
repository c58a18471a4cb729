import Cryptography
import Observability
import ServiceRuntime
import Storage
import StowageContract
import TestSupport
import Testing

/// A storage over a scripted driver, with a clock that a test turns.
struct StorageBench {
    let script = DriverScript()
    let clock = ManualClock()
    let metrics = MetricsRegistry()
    let log = RecordingLogSink()
    let name: DriverName

    init() throws {
        name = try #require(DriverName("archive"))
    }

    var environment: StorageEnvironment {
        StorageEnvironment(
            blocking: BlockingPool(threads: 1), time: clock.time, metrics: metrics, logger: log.logger)
    }

    /// The storage; without interceptors unless told, so that nothing waits.
    func storage(
        interceptors: [any StorageInterceptor]? = [], breaker: (any BreakerHook)? = nil,
        _ configure: (inout DriverSettings) -> Void = { _ in }
    ) -> Storage {
        var settings = DriverSettings()
        configure(&settings)
        var environment = environment
        environment.breaker = breaker
        return Storage(
            name: name, driver: ScriptedDriver(script), settings: settings, environment: environment,
            interceptors: interceptors)
    }

    /// The archives that stand, by key.
    var standing: [String] { script.state.value.archives.keys.sorted().map(\.text) }

    /// The moment so many seconds from the start of the clock.
    func moment(_ seconds: Int64) -> Timestamp {
        Timestamp(millisecondsSinceEpoch: clock.time.millisecondsSinceEpoch + seconds * 1000)
    }
}

extension StoreRequest {
    /// A request of the task `t1` for `a.bin`, changed as a test needs it.
    static func of(_ id: String = "t1", _ change: (inout StoreRequest) -> Void = { _ in }) throws -> StoreRequest {
        var request = StoreRequest(taskID: try #require(TaskID(id)), name: "a.bin")
        change(&request)
        return request
    }
}

extension StorageError {
    /// A failure that may pass.
    static func blip(
        _ code: ErrorCode = .unavailable, after: Duration? = nil, isAmbiguous: Bool = false
    ) -> StorageError {
        StorageError(code, .transient(after: after), "a blip", isAmbiguous: isAmbiguous)
    }

    /// A failure that stays.
    static func verdict(_ code: ErrorCode = .permissionDenied) -> StorageError {
        StorageError(code, .permanent, "a verdict")
    }
}

/// The 64 digits of some bytes.
func sha256(_ bytes: [UInt8]) -> String { SHA256Hasher.digest(of: bytes).hexadecimal }

/// The error of a call that must fail.
func failure<Value>(
    _ body: () async throws -> Value, sourceLocation: SourceLocation = #_sourceLocation
) async throws -> StorageError {
    do {
        _ = try await body()
    } catch let error as StorageError {
        return error
    }
    Issue.record("a failure was expected", sourceLocation: sourceLocation)
    throw MissingFailure()
}

struct MissingFailure: Error {}
