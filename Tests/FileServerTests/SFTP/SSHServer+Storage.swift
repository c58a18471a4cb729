#if SFTP
    import DriverConformance
    import Observability
    import ServiceRuntime
    import SFTPDriver
    import Storage
    import StowageContract
    import TestSupport
    import Testing

    extension SSHServer {
        /// A storage with the full stack, over a folder of its own.
        func storage(
            policy: FileServerPolicy = FileServerPolicy(), settings: DriverSettings = DriverSettings(),
            _ change: (inout SFTPConfiguration) -> Void = { _ in }
        ) async throws -> Storage {
            let environment = StorageEnvironment(
                blocking: BlockingPool(threads: 4), time: .system, metrics: MetricsRegistry(),
                logger: Logger(sink: RecordingLogSink(), level: .error))
            let driver = try await SFTPStorageDriver.open(
                configuration(change), in: .forTests(connections: 4), policy: policy)
            return Storage(
                name: try #require(DriverName("tested")), driver: driver, settings: settings, environment: environment)
        }
    }

    extension StoreRequest {
        /// A store of an archive under an id that no other test has.
        static func sftp(_ name: String = "a.bin") throws -> StoreRequest {
            StoreRequest(
                taskID: try #require(TaskID("t-" + String(UInt64.random(in: 0 ... .max), radix: 16))), name: name)
        }
    }
#endif
