import DriverConformance
import Observability
import ServiceRuntime
import Storage
import StorageDrivers
import StowageContract
import TestSupport
import Testing
import Transfer

extension FTPTestServer.Kind {
    /// The ways in which such a server lets itself be spoken to.
    var securities: [FTPClientConfiguration.Security] {
        switch self {
        case .proftpd, .vsftpd: FTPClientConfiguration.Security.allCases
        case .pureFTPd, .pyftpd, .plainPyftpd: [.none, .explicit]
        }
    }
}

extension FTPTestServer {
    /// A folder of its own on the server, with its user.
    func configuration(
        _ security: FTPClientConfiguration.Security = .none, path: String? = nil
    ) -> FTPConfiguration {
        var configuration = FTPConfiguration(host: "localhost")
        configuration.port = security == .implicit ? implicitPort : port
        configuration.user = user
        configuration.password = Secret(password)
        configuration.tls = security
        configuration.ca = authorities
        configuration.path = path ?? "test-\(UInt64.random(in: 0 ... .max))"
        return configuration
    }

    func client(_ security: FTPClientConfiguration.Security = .none) throws -> FTPClient {
        var configuration = FTPClientConfiguration(host: "localhost")
        configuration.port = security == .implicit ? implicitPort : port
        configuration.user = user
        configuration.password = Secret(password)
        configuration.security = security
        configuration.tls.authorities = authorities
        return try FTPClient(configuration)
    }
}

extension DriverEnvironment {
    static func test(connections: Int = 8) throws -> DriverEnvironment {
        let name = try #require(DriverName("archive"))
        return DriverEnvironment(
            name: name, blocking: BlockingPool(threads: 4),
            now: { Timestamp(millisecondsSinceEpoch: TimeSource.system.millisecondsSinceEpoch) },
            connections: connections)
    }
}

/// Bytes in chunks of 64 KiB.
final class TestBody: TransferBody, Sendable {
    private let bytes: [UInt8]
    private let position = Watched(0)

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func next() async throws -> [UInt8]? {
        let start = position.value
        guard start < bytes.count else { return nil }
        let end = min(start + 65_536, bytes.count)
        position.change { $0 = end }
        return Array(bytes[start..<end])
    }
}

extension FTPClient {
    func bytes(_ path: String, from offset: Int64 = 0) async throws -> [UInt8] {
        let download = try await download(path, from: offset)
        var bytes: [UInt8] = []
        while let chunk = try await download.next() { bytes += chunk }
        return bytes
    }
}

func randomBytes(_ count: Int) -> [UInt8] {
    // The system's generator is asked once: a byte at a time it holds a thread for minutes under the thread sanitizer.
    GeneratedSource(size: Int64(count), seed: .random(in: 0 ... .max)).bytes
}
