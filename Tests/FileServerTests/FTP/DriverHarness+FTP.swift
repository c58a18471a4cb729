import DriverConformance
import Foundation
import ServiceRuntime
import Storage
import StorageDrivers
import TestSupport
import Transfer

/// A real FTP server in the ways that it can be spoken to.
extension DriverHarness {
    /// Every stack in every way; with implicit TLS, which is explicit TLS from the first answer on, only with the full one
    /// where time counts.
    static let ftp: [DriverHarness] = FTPTestServer.tested.securities.flatMap { security in
        let isShort = FTPTestServer.tested == .proftpd && security == .implicit && !isFullRun
        return (isShort ? [.full] : Stack.allCases).map { ftp($0, security) }
    }

    private static let isFullRun = ProcessInfo.processInfo.environment["STOWAGE_TESTS_FULL"] != nil

    private static func ftp(_ stack: Stack, _ security: FTPClientConfiguration.Security) -> DriverHarness {
        let kind = FTPTestServer.tested
        var capabilities = StoreCapabilities()
        capabilities.rangeRead = true
        capabilities.serverDigest = kind == .proftpd ? "sha256" : nil
        capabilities.resumableUpload = true
        capabilities.list = true
        capabilities.listsStoreTimes = true
        capabilities.capacity = [.pyftpd, .plainPyftpd].contains(kind)
        let name = "\(FTPStorageDriver.type) \(kind.rawValue) \(security.rawValue)"
        var harness = DriverHarness(name, stack, capabilities) { environment in
            let server = try await FTPTestServer.shared(kind)
            var policy = FileServerPolicy()
            policy.leastResumableBytes = 1 << 20
            policy.segmentBytes = 256 << 10
            let driver = try await FTPStorageDriver.open(
                server.configuration(security), in: environment, policy: policy)
            return (stack == .faulty ? FaultInjectingDriver(driver) : driver, ())
        }
        harness.sharesCheckpoints = true
        // `FTPOddity` has what they say.
        switch kind {
        case .proftpd: harness.refusesNames = { path, _ in path.contains("*") }
        case .pureFTPd:
            harness.refusesNames = { path, name in
                (path + "/" + name).split(separator: "/").contains { $0.contains("\\") || $0.hasSuffix(" ") }
            }
        default: break
        }
        // Many cases at once hold what the driver may hold, each of them.
        harness.measuresMemory = false
        return harness
    }
}
