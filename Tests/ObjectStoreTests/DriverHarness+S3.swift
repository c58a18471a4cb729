import DriverConformance
import ServiceRuntime
import Storage
import StorageDrivers
import TestSupport

/// A real S3 store in the ways that its buckets can be.
extension DriverHarness {
    /// What makes a bucket another store.
    enum Bucket: String, CaseIterable {
        /// The store refuses to put an object where one is.
        case plain
        /// The first version counts: Ceph 16 and 18 ignore the condition there.
        case versioned
        /// The same, and objects can be locked.
        case locked
    }

    static let s3: [DriverHarness] =
        Stack.allCases.map { s3($0, .plain) } + [
            s3(.full, .versioned), s3(.full, .locked), s3(.bare, .plain, isSecure: true),
        ]

    private static func s3(_ stack: Stack, _ kind: Bucket, isSecure: Bool = false) -> DriverHarness {
        var capabilities = StoreCapabilities()
        capabilities.atomicCreate = true
        capabilities.rangeRead = true
        // In the clear payloads are signed, and Ceph refuses other ones.
        capabilities.serverDigest = isSecure ? "md5" : "sha256"
        capabilities.multipart = true
        capabilities.resumableUpload = true
        capabilities.serverSideCopy = true
        capabilities.presign = true
        capabilities.retention = kind == .locked
        capabilities.legalHold = kind == .locked
        capabilities.list = true
        capabilities.listsStoreTimes = true
        capabilities.capacity = true
        capabilities.largestArchiveBytes = 5 << 40
        capabilities.tier = true
        let name = [S3StorageDriver.type, kind == .plain ? nil : kind.rawValue, isSecure ? "tls" : nil]
            .compactMap { $0 }.joined(separator: "-")
        var harness = DriverHarness(name, stack, capabilities, longArchiveBytes: 20 << 20) { environment in
            let server = try await RGWServer.shared()
            let account = isSecure ? server.secureAccount : server.account
            let bucket = try await server.account.makeBucket(
                kind.rawValue, versioned: kind != .plain, objectLock: kind == .locked)
            var configuration = S3Configuration(bucket: bucket, endpoint: account.endpoint)
            configuration.accessKey = account.accessKey
            configuration.secretKey = Secret(account.secretKey)
            configuration.ca = account.authorities
            configuration.partSizeBytes = 5 << 20
            var policy = S3UploadPolicy()
            // What is safe at the half of an archive must not depend on how fast the store is.
            policy.partsAtOnce = 1
            let driver = try await S3StorageDriver.open(configuration, in: environment, policy: policy)
            return (stack == .faulty ? FaultInjectingDriver(driver) : driver, ())
        }
        harness.sharesCheckpoints = true
        // Many cases at once hold what the driver may hold, each of them.
        harness.measuresMemory = false
        return harness
    }
}
