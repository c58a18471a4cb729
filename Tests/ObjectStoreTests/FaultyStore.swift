import DriverConformance
import ServiceRuntime
import Storage
import StorageDrivers
import StowageContract
import TestSupport
import Testing

/// A bucket of Ceph, reached by a driver through a proxy that puts faults in its way, and by boto3 past it.
struct FaultyStore {
    /// What a store is given up after that says nothing.
    static let stall = Duration.seconds(3)

    let proxy: FaultProxy
    let direct: S3Account
    let bucket: String
    let storage: Storage

    init(
        on server: RGWServer? = nil, time: TimeSource = .system, partsAtOnce: Int = 4,
        heldPartBytes: Int = S3PartPlan.mostBufferedBytes, _ change: (inout S3Configuration) -> Void = { _ in }
    ) async throws {
        direct = if let server { server.account } else { try await RGWServer.shared().account }
        bucket = try await direct.makeBucket("faulty")
        proxy = try FaultProxy(to: direct.endpoint)
        var policy = S3UploadPolicy()
        policy.stall = Self.stall
        policy.partsAtOnce = partsAtOnce
        policy.heldPartBytes = heldPartBytes
        storage = try await direct.by(proxy.endpoint).storage(bucket, policy: policy, time: time) { configuration in
            configuration.partSizeBytes = 5 << 20
            change(&configuration)
        }
    }

    /// The keys of the bucket but for what the driver tries the store with.
    func keys() async throws -> [String] {
        try await direct.keys(in: bucket).filter { !$0.hasPrefix(".stowage-") }
    }

    /// That boto3 sees the archive with these bytes, nothing beside it but its manifest, and no upload after a sweep.
    func expectOnly(
        _ request: StoreRequest, sha256: String, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let folder = request.taskID.text + "/"
        let others = try await keys().filter {
            $0.hasPrefix(folder) && $0 != request.keyText && $0 != folder + ".stowage.json"
        }
        #expect(others == [], sourceLocation: sourceLocation)
        let object = try await direct.object(request.keyText, in: bucket)
        #expect(object.sha256 == sha256, sourceLocation: sourceLocation)
        // What might have been completed at the same moment is left to the sweep.
        _ = try await storage.sweep(olderThan: .zero)
        #expect(try await direct.uploads(in: bucket) == [], sourceLocation: sourceLocation)
    }
}
