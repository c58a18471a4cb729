import Observability
import ServiceRuntime
import Storage
import StorageDrivers
import StowageContract
import TestSupport
import Testing

extension S3Account {
    /// A storage over a bucket, with the full stack.
    func storage(
        _ bucket: String, settings: DriverSettings = DriverSettings(), policy: S3UploadPolicy = S3UploadPolicy(),
        time: TimeSource = .system, _ change: (inout S3Configuration) -> Void
    ) async throws -> Storage {
        var configuration = S3Configuration(bucket: bucket, endpoint: endpoint)
        configuration.accessKey = accessKey
        configuration.secretKey = Secret(secretKey)
        configuration.sessionToken = sessionToken.map { Secret($0) }
        configuration.ca = authorities
        change(&configuration)
        let pool = BlockingPool(threads: 4)
        let environment = StorageEnvironment(
            blocking: pool, time: time, metrics: MetricsRegistry(),
            logger: Logger(sink: RecordingLogSink(), level: .error))
        let name = try #require(DriverName("archive"))
        let driver = try await S3StorageDriver.open(
            configuration,
            in: DriverEnvironment(
                name: name, blocking: pool, now: { environment.now }, connections: settings.concurrency),
            policy: policy)
        return Storage(name: name, driver: driver, settings: settings, environment: environment)
    }
}
