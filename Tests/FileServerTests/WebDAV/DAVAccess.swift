import DriverConformance
import Foundation
import ServiceRuntime
import Storage
import StorageDrivers
import StowageContract
import TestSupport
import Testing

extension DAVServer {
    /// Whether those of the full run are there too (Tests/deploy/check_more_file_servers.sh).
    static let hasMore = ProcessInfo.processInfo.environment["STOWAGE_MORE_FILE_SERVERS"] != nil

    /// What a driver is told to reach a folder of its own on this server.
    func configuration(_ way: Way = .basic, url: String? = nil) -> WebDAVConfiguration {
        var configuration = WebDAVConfiguration(url: url ?? folderURL(way))
        if way != .plain {
            configuration.user = user
            configuration.password = Secret(password)
        }
        if way == .tls { configuration.ca = authorities }
        return configuration
    }

    /// A connection to a folder of its own.
    func connect(
        _ way: Way = .basic, url: String? = nil, connections: Int = 8, stall: Duration = .seconds(20)
    ) async throws -> WebDAVServer {
        try await WebDAVServer.connect(
            configuration(way, url: url), in: .overDAV(connections), stall: stall)
    }

    /// Where on the disk lies what the server shows under one of its URLs.
    func path(of url: String) throws -> String {
        let parts = try #require(URLComponents(string: url))
        return root + parts.path
    }
}

extension DriverEnvironment {
    static func overDAV(_ connections: Int = 8) throws -> DriverEnvironment {
        DriverEnvironment(
            name: try #require(DriverName("archive")), blocking: BlockingPool(threads: 2),
            now: { Timestamp(millisecondsSinceEpoch: TimeSource.system.millisecondsSinceEpoch) },
            connections: connections)
    }
}

extension WebDAVServer {
    /// All bytes of a file, or the part of them.
    func bytes(_ path: String, _ range: Range<Int64>? = nil) async throws -> [UInt8] {
        let body = try await read(path, range: range)
        var bytes: [UInt8] = []
        while let chunk = try await body.next() { bytes += chunk }
        await body.close()
        return bytes
    }

    /// Uploads these bytes; `size`: whether their number is said beforehand.
    func upload(_ path: String, _ bytes: [UInt8], saysSize: Bool = true) async throws {
        try await upload(path, at: 0, size: saysSize ? Int64(bytes.count) : nil, from: BytesBody(bytes))
    }
}
