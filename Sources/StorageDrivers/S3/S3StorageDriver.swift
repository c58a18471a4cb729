import Cryptography
import Glibc
import ServiceRuntime
package import Storage
import StowageContract
package import StrictCoding
import Transfer

/// Archives as objects of a bucket: Amazon S3 and what speaks like it.
///
/// Each lies at its key with its manifest in its own metadata, or beside it (`S3ManifestHeader`). It appears by one
/// request that replaces nothing (`S3Exclusivity`).
package final class S3StorageDriver: StorageDriver {
    package static let type = "s3"

    let configuration: S3Configuration
    let bucket: S3Bucket
    let facts: S3Facts
    /// How written bytes are proved, as far as the store can.
    let checksum: S3Configuration.Checksum
    /// The one that follows the bytes instead of going before them.
    let trailer: TrailingChecksum?
    let looks: S3Looks
    let policy: S3UploadPolicy
    let budget: ByteBudget
    let now: @Sendable () -> Timestamp

    package var storeID: String? { nil }

    init(
        _ configuration: S3Configuration, bucket: S3Bucket, facts: S3Facts, policy: S3UploadPolicy,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.configuration = configuration
        self.bucket = bucket
        self.facts = facts
        let isMeantToSign = configuration.checksum == .signature
        self.checksum = isMeantToSign && !facts.provesSignatures ? .md5 : configuration.checksum
        self.trailer = configuration.trailingChecksum ? checksum.trailing : nil
        self.looks = S3Looks(bucket, isVersioned: facts.isVersioned)
        self.policy = policy
        self.budget = ByteBudget(policy.bufferBytes)
        self.now = now
    }

    package static func open(
        _ configuration: S3Configuration, in environment: DriverEnvironment
    ) async throws(StorageError) -> S3StorageDriver {
        try await open(configuration, in: environment, policy: S3UploadPolicy())
    }

    /// With other bounds than the documentation says.
    package static func open(
        _ configuration: S3Configuration, in environment: DriverEnvironment, policy: S3UploadPolicy
    ) async throws(StorageError) -> S3StorageDriver {
        let client = try S3Client.make(configuration, environment, stall: policy.stall)
        do throws(StorageError) {
            let bucket = S3Bucket(client: client, encryption: configuration.encryption)
            let facts = try await S3Facts.find(bucket, provingBySignature: configuration.checksum == .signature)
            if configuration.objectLock != nil, !facts.locks {
                throw StorageError(
                    .unsupported, .permanent, "objectLock is configured, and the bucket has no object lock")
            }
            return S3StorageDriver(configuration, bucket: bucket, facts: facts, policy: policy, now: environment.now)
        } catch {
            await client.close()
            throw error
        }
    }

    package var capabilities: StoreCapabilities {
        var capabilities = StoreCapabilities()
        capabilities.atomicCreate = facts.exclusivity != .checked
        capabilities.rangeRead = true
        capabilities.serverDigest = serverDigest
        capabilities.multipart = true
        capabilities.resumableUpload = true
        capabilities.serverSideCopy = true
        capabilities.presign = canPresign
        capabilities.retention = facts.locks
        capabilities.legalHold = facts.locks
        capabilities.list = true
        capabilities.listsStoreTimes = true
        capabilities.capacity = facts.tellsUsage
        capabilities.largestArchiveBytes = S3PartPlan.mostBytes
        capabilities.tier = true
        return capabilities
    }

    /// A customer's key goes into headers, which no URL can bring.
    var canPresign: Bool {
        if case .customer = configuration.encryption { false } else { true }
    }

    /// The digest by which the store proves what it took; `nil`: archives are read back.
    private var serverDigest: String? {
        switch checksum {
        case .none: nil
        case .signature: "sha256"
        case .md5: configuration.encryption?.keepsEntityTags ?? true ? "md5" : nil
        case .crc32c: "crc32c"
        case .sha256: "sha256"
        }
    }

    package func validate(options: JSONValue) throws(StorageError) {
        _ = try S3DriverOptions(options)
    }

    package func probe() async throws(StorageError) {
        try await bucket.probe()
    }

    package func close() async {
        await bucket.client.close()
    }
}

extension S3Client {
    /// A client with the configured address, certificates and credentials.
    static func make(
        _ configuration: S3Configuration, _ environment: DriverEnvironment, stall: Duration
    ) throws(StorageError) -> S3Client {
        do {
            let address = try S3Address(configuration)
            let isSecure = try address.url(nil, query: []).scheme == "https"
            var transfer = TransferConfiguration()
            transfer.connections = max(1, environment.connections)
            transfer.connectionsPerHost = transfer.connections
            transfer.tls.authorities = configuration.ca
            transfer.limits.stall = stall
            let transfers = try TransferClient(transfer)
            let reads = try TransferClient(transfer)
            let source = S3CredentialChain.make(
                configuration, client: try TransferClient(TransferConfiguration()),
                environment: { name in getenv(name).map { String(cString: $0) } },
                blocking: environment.blocking, now: environment.now)
            return S3Client(
                address, region: configuration.region, transfers: transfers, reads: reads, credentials: source,
                isSecure: isSecure, now: environment.now)
        } catch let error as StorageError {
            throw error
        } catch {
            throw StorageError(
                .unavailable, .permanent, "the configuration of the driver cannot be used",
                context: ["problem": "\(error)"])
        }
    }
}
