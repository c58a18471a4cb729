import FileSystem
import Foundation
import Observability
import ServiceRuntime
import Storage
import StorageDrivers
import StowageContract
import TestSupport
import Testing

/// A local driver over a folder of a test's.
struct LocalStore {
    let storage: Storage
    let driver: LocalFileStorageDriver

    init(
        _ path: String, durability: Durability = .full, usesUnnamedFiles: Bool = true,
        resolution: PathResolution = .available(), now: @escaping @Sendable () -> Timestamp = LocalStore.now,
        concurrency: Int = 32, threads: Int = 4, checkpoints: CheckpointPolicy = CheckpointPolicy()
    ) async throws {
        let pool = BlockingPool(threads: threads)
        let name = try #require(DriverName("local"))
        let environment = DriverEnvironment(name: name, blocking: pool, now: now, connections: 8)
        let configuration = LocalFileConfiguration(path: path, durability: durability)
        if usesUnnamedFiles, case .kernel = resolution {
            driver = try await LocalFileStorageDriver.open(
                configuration, in: environment, checkpoints: checkpoints)
        } else {
            driver = LocalFileStorageDriver(
                configuration, root: try Directory.open(path, resolution: resolution), storeID: nil,
                environment: environment, usesUnnamedFiles: usesUnnamedFiles)
        }
        var settings = DriverSettings()
        settings.concurrency = concurrency
        storage = Storage(
            name: name, driver: driver, settings: settings,
            environment: StorageEnvironment(
                blocking: pool,
                time: TimeSource(millisecondsSinceEpoch: { now().millisecondsSinceEpoch }, sleep: { _ in }),
                metrics: MetricsRegistry(), logger: RecordingLogSink().logger))
    }

    static let now: @Sendable () -> Timestamp = {
        Timestamp(millisecondsSinceEpoch: TimeSource.system.millisecondsSinceEpoch)
    }

    func store(
        _ id: String, named name: String = "a.bin", path: String? = nil, _ bytes: [UInt8]
    ) async throws -> StoreReceipt {
        try await storage.store(Self.request(id, name, path: path), from: BytesSource(bytes))
    }

    static func request(_ id: String, _ name: String = "a.bin", path: String? = nil) throws -> StoreRequest {
        StoreRequest(taskID: try #require(TaskID(id)), name: name, path: path)
    }
}

/// The error of a call that must fail.
func failure(_ body: () async throws -> Void) async throws -> StorageError {
    do {
        try await body()
    } catch let error as StorageError {
        return error
    }
    throw MissingFailure()
}

struct MissingFailure: Error {}
