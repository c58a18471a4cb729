import Cryptography
import DriverConformance
import ServiceRuntime
import Sharing
import Storage
import StowageContract

@testable import Pipeline

/// A server in memory that tasks reach by URLs of `ftp`, `ftps` and `sftp`.
final class FileServerBench: Sendable {
    let tree: FileTree
    let locations: Locations
    private let asked: Asked

    /// What the server was connected to by.
    var addresses: [FileServerAddress] { asked.all.withLock { $0 } }

    private final class Asked: Sendable {
        let all = Guarded<[FileServerAddress]>([])
    }

    init(
        _ manner: MemoryFileServer.Manner, hosts: [String] = ["files.example.org"],
        credentials: [String: LocationCredentials] = [:], ageSeconds: Int64 = 3600
    ) throws {
        let written = Timestamp(
            millisecondsSinceEpoch: TimeSource.system.millisecondsSinceEpoch - ageSeconds * 1000)
        let tree = FileTree(now: { written })
        self.tree = tree
        let asked = Asked()
        self.asked = asked
        let connector = FileServerConnector(schemes: ["ftp", "ftps", "sftp"]) { address throws(StorageError) in
            asked.all.withLock { $0.append(address) }
            return MemoryFileServer(tree, manner)
        }
        locations = Locations(
            LocationPolicy(
                hosts: HostAllowList(try hosts.map { try HostAllowList.Entry.read($0).get() }),
                credentials: credentials), fileServers: [connector])
    }

    /// A file that is there.
    func put(_ path: String, _ text: String) throws {
        let segments = path.split(separator: "/").map { String($0) }
        for count in 1..<segments.count {
            _ = try tree.makeFolder(segments.prefix(count).joined(separator: "/"))
        }
        tree.write(try tree.open(path, at: 0), at: 0, Array(text.utf8))
    }

    func text(_ path: String) -> String? { tree.node(path).map { String(decoding: $0.bytes, as: UTF8.self) } }

    /// Sends a text to a URL.
    func send(_ text: any ArchiveBody, size: Int64, to url: String, credentials: String? = nil) async throws -> String?
    {
        let destination = try locations.destination(
            TaskURL(url: url, credentials: credentials), limit: .seconds(20), meter: nil)
        return try await destination.put(text, size: size, hashes: true)?.hexadecimal
    }
}
