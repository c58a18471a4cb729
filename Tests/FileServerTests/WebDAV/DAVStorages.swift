import DriverConformance
import Foundation
import Observability
import ServiceRuntime
import Storage
import StorageDrivers
import StowageContract
import TestSupport
import Testing

extension DAVServer {
    /// A storage over a folder of its own, with the full stack.
    func storage(
        _ way: Way = .basic, url: String? = nil, stall: Duration = .seconds(20), time: TimeSource = .system
    ) async throws -> Storage {
        try await Storage.overWebDAV(configuration(way, url: url), stall: stall, time: time)
    }
}

extension Storage {
    static func overWebDAV(
        _ configuration: WebDAVConfiguration, stall: Duration = .seconds(20), time: TimeSource = .system
    ) async throws -> Storage {
        let name = try #require(DriverName("archive"))
        let environment = StorageEnvironment(
            blocking: BlockingPool(threads: 2), time: time, metrics: MetricsRegistry(),
            logger: Logger(sink: RecordingLogSink(), level: .error))
        let server = try await WebDAVServer.connect(configuration, in: .overDAV(), stall: stall)
        // Who waits for a dead writer's folder waits less long.
        var policy = FileServerPolicy()
        policy.lease.heldAtMost = .seconds(5)
        policy.lease.abandonedAfter = .seconds(8)
        let driver = try await WebDAVStorageDriver.over(
            server, policy: policy, now: { environment.now }, time: time)
        return Storage(name: name, driver: driver, settings: DriverSettings(), environment: environment)
    }

    /// Reads an archive to its end.
    func davBytes(_ key: String) async throws(StorageError) -> [UInt8] {
        try await withArchive(.key(key), range: nil) { (body, _) async throws(StorageError) in
            var bytes: [UInt8] = []
            while let chunk = try await body.next() { bytes += chunk }
            return bytes
        }
    }
}

extension StoreRequest {
    /// A store of an archive under an id that no other test has.
    static func freshDAV(_ name: String = "a.bin") throws -> StoreRequest {
        StoreRequest(
            taskID: try #require(TaskID("t-" + String(UInt64.random(in: 0 ... .max), radix: 16))), name: name)
    }

    /// The same in a later delivery.
    var davAgain: StoreRequest {
        var request = self
        request.mayHaveRunBefore = true
        return request
    }

    /// Where the archive lies in a driver without a prefix.
    var davKey: String { (path.map { $0 + "/" } ?? "") + taskID.text + "/" + name }
}

/// A folder of a real server, reached by a driver through a proxy that puts faults in its way, and seen on the disk past it.
struct FaultyDAV {
    let proxy: FaultProxy
    let storage: Storage
    private let folder: String
    private let configuration: WebDAVConfiguration

    init(_ way: DAVServer.Way = .basic, stall: Duration = .seconds(3)) async throws {
        let server = try await DAVServer.shared()
        let url = server.folderURL(way)
        let origin = url.split(separator: "/", omittingEmptySubsequences: false).prefix(3).joined(separator: "/")
        proxy = try FaultProxy(to: origin)
        configuration = server.configuration(way, url: proxy.endpoint + url.dropFirst(origin.count))
        storage = try await Storage.overWebDAV(configuration, stall: stall)
        folder = try server.path(of: url)
    }

    /// Another worker, which remembers nothing.
    func another() async throws -> Storage { try await Storage.overWebDAV(configuration) }

    /// The files below the folder, relative to it; not those that Apache itself has for uploads that are still coming.
    func files() -> [String] {
        let walker = FileManager.default.enumerator(atPath: folder)
        var files: [String] = []
        while let file = walker?.nextObject() as? String {
            var isFolder: ObjCBool = false
            _ = FileManager.default.fileExists(atPath: folder + file, isDirectory: &isFolder)
            if !isFolder.boolValue, !file.contains("/.davfs.tmp") { files.append(file) }
        }
        return files.sorted()
    }

    /// The bytes of one of them.
    func bytes(_ path: String) throws -> [UInt8] {
        try Array(Data(contentsOf: URL(fileURLWithPath: folder + path)))
    }
}
