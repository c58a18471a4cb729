import FileSystem
import Foundation
import Glibc
import Storage
import StorageDrivers
import StowageContract
import TestSupport
import Testing

/// Real faults need mounts, and mounts need root: without it the cases fail in CI and say so elsewhere.
private let isRoot = geteuid() == 0
private let mustRun = isRoot || ProcessInfo.processInfo.environment["CI"] != nil

@Suite("The local driver on file systems that fail", .timeLimit(.minutes(2)), .serialized)
struct LocalFileFaultTests {
    @Test("a full file system is out of space, and nothing shows", .enabled(if: mustRun, "needs root"))
    func full() async throws {
        let mount = try Mount("-t", "tmpfs", "-o", "size=1m", "none")
        let store = try await LocalStore(mount.path)
        for count in [200_000, 3 << 20] {
            let request = try LocalStore.request("t\(count)")
            let error = try await failure {
                for index in 0..<10 {
                    _ = try await store.store("t\(count)-\(index)", [UInt8](repeating: 1, count: count))
                }
            }
            #expect(error.code == .outOfSpace)
            #expect(error.place == .driver)
            #expect(try await store.storage.stat(.key(request.taskID.text + "/a.bin")) == nil)
        }
        for archive in try await store.storage.list(ListData()).archives {
            #expect(try await store.storage.verify(VerifyData(archive: .key(archive.key))).state == .ok)
        }
    }

    @Test("a file system without inodes is out of space", .enabled(if: mustRun, "needs root"))
    func inodes() async throws {
        let mount = try Mount("-t", "tmpfs", "-o", "nr_inodes=12", "none")
        let store = try await LocalStore(mount.path)
        let error = try await failure {
            for index in 0..<12 { _ = try await store.store("t\(index)", [1]) }
        }
        #expect(error.code == .outOfSpace)
    }

    @Test("a read-only file system is read, and refuses writes", .enabled(if: mustRun, "needs root"))
    func readOnly() async throws {
        let folder = try TemporaryFolder()
        let handle = try await LocalStore(folder.path).store("t1", [1, 2, 3]).handle
        let mount = try Mount("--bind", folder.path)
        try mount.remount("bind,ro")
        let store = try await LocalStore(mount.path)
        #expect(try await store.storage.stat(.handle(handle))?.size == 3)
        let error = try await failure { _ = try await store.store("t2", [1]) }
        #expect(error.code == .readOnly)
        let deletion = try await failure {
            _ = try await store.storage.delete(.handle(handle), taskID: try #require(TaskID("d1")))
        }
        #expect(deletion.code == .readOnly)
    }

    @Test("another disk under the path is noticed by the probe", .enabled(if: mustRun, "needs root"))
    func otherDisk() async throws {
        let folder = try TemporaryFolder()
        let store = try await LocalStore(folder.path)
        try await store.storage.probe()
        let mount = try Mount("-t", "tmpfs", "none", over: folder.path)
        let error = try await failure { try await store.storage.probe() }
        #expect(error.code == .unavailable)
        let other = try await LocalStore(mount.path)
        #expect(other.storage.storeID != store.storage.storeID)
    }

    @Test("symbolic links within the store are never followed", arguments: [PathResolution.kernel, .stepwise])
    func links(resolution: PathResolution) async throws {
        let folder = try TemporaryFolder()
        let outside = try TemporaryFolder()
        try outside.write("secret", to: "t9/a.bin")
        let store = try await LocalStore(folder.path, resolution: resolution)
        let files = FileManager.default
        try files.createSymbolicLink(atPath: folder.path("link"), withDestinationPath: outside.path)
        try files.createSymbolicLink(atPath: folder.path("t3"), withDestinationPath: outside.path)
        let before = outside.contents()
        let calls: [() async throws -> Void] = [
            { _ = try await store.store("t1", path: "link", [1]) },
            { _ = try await store.store("t1", path: "link/deeper", [1]) },
            { _ = try await store.store("t3", [1]) },
        ]
        for call in calls {
            let error = try await failure(call)
            #expect([.permissionDenied, .conflict].contains(error.code), "\(error)")
        }
        for key in ["link/t9/a.bin", "t3/a.bin"] {
            let handle = try? await store.storage.stat(.key(key))
            #expect(handle == nil)
        }
        try files.createDirectory(atPath: folder.path("t4"), withIntermediateDirectories: false)
        try files.createSymbolicLink(
            atPath: folder.path("t4/a.bin"), withDestinationPath: outside.path("t9/a.bin"))
        let error = try await failure { _ = try await store.store("t4", Array("secret".utf8)) }
        #expect(error.code == .conflict)
        #expect(try await store.storage.list(ListData()).archives.isEmpty)
        #expect(outside.contents() == before)
    }
}

/// A mount of a test's, undone with the value.
private final class Mount {
    let path: String
    private let folder: TemporaryFolder?

    init(_ arguments: String..., over path: String? = nil) throws {
        folder = path == nil ? try TemporaryFolder() : nil
        self.path = path ?? folder?.path ?? ""
        try Self.run("mount", arguments + [self.path])
    }

    deinit { try? Self.run("umount", ["-l", path]) }

    func remount(_ options: String) throws {
        try Self.run("mount", ["-o", "remount," + options, path])
    }

    private static func run(_ tool: String, _ arguments: [String]) throws {
        guard try SpawnedProcess([tool] + arguments).wait() == 0 else { throw MissingFailure() }
    }
}
