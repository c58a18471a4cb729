import Foundation
import Glibc
import Storage
import StorageDrivers
import StowageContract
import TestSupport
import Testing

@Suite("A local store whose root goes away while it is open", .timeLimit(.minutes(1)))
struct MissingRootTests {
    enum Loss: String, CaseIterable, Sendable {
        case removed, moved, replaced

        func happen(to path: String) throws {
            switch self {
            case .removed: try FileManager.default.removeItem(atPath: path)
            case .moved: try FileManager.default.moveItem(atPath: path, toPath: path + "-away")
            case .replaced:
                try FileManager.default.moveItem(atPath: path, toPath: path + "-away")
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            }
        }
    }

    private func makeStore(_ folder: TemporaryFolder) async throws -> (store: LocalStore, path: String) {
        let path = folder.path("store")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let store = try await LocalStore(path)
        _ = try await store.store("t1", [1, 2, 3])
        return (store, path)
    }

    @Test("is unavailable: nothing is absent, nothing is stored, nothing is deleted", arguments: Loss.allCases)
    func missing(loss: Loss) async throws {
        let folder = try TemporaryFolder()
        let (store, path) = try await makeStore(folder)
        try loss.happen(to: path)
        let gone = ArchiveReference.key("t2/a.bin")
        let storage = store.storage
        let task = try #require(TaskID("d1"))
        let calls: [(String, () async throws -> Void)] = [
            ("stat", { _ = try await storage.stat(gone) }),
            ("stat in a folder", { _ = try await storage.stat(.key("t1/b.bin")) }),
            ("read", { try await storage.withArchive(gone) { (_, _) async throws(StorageError) in } }),
            ("verify", { _ = try await storage.verify(VerifyData(archive: gone)) }),
            ("list", { _ = try await storage.list(ListData()) }),
            ("delete", { _ = try await storage.delete(gone, taskID: task) }),
            ("capacity", { _ = try await storage.capacity() }),
            ("probe", { try await storage.probe() }),
            ("lookup", { _ = try await storage.lookup(LocalStore.request("t2")) }),
            ("store", { _ = try await store.store("t3", [1]) }),
            ("long store", { _ = try await store.store("t4", [UInt8](repeating: 1, count: 1 << 20)) }),
        ]
        for (name, call) in calls {
            let error = try await failure(call)
            #expect(error.code == .unavailable, "\(name)")
            #expect(error.place == .driver, "\(name)")
            #expect(error.retry != .permanent, "\(name)")
        }
        if loss != .removed {
            let left = try FileManager.default.subpathsOfDirectory(atPath: path + "-away").filter {
                $0.hasSuffix(".bin")
            }
            #expect(left == ["t1/a.bin"])
        }
    }

    @Test("goes on when the folder is back")
    func back() async throws {
        let folder = try TemporaryFolder()
        let (store, path) = try await makeStore(folder)
        try Loss.moved.happen(to: path)
        _ = try await failure { try await store.storage.probe() }
        try FileManager.default.moveItem(atPath: path + "-away", toPath: path)
        try await store.storage.probe()
        #expect(try await store.storage.stat(.key("t1/a.bin"))?.size == 3)
        _ = try await store.store("t2", [1])
    }

    @Test("the same store in another folder is taken over by a probe, another one never")
    func mountedAnew() async throws {
        let folder = try TemporaryFolder()
        let (store, path) = try await makeStore(folder)
        try Loss.replaced.happen(to: path)
        let other = try await LocalStore(path)
        #expect(other.driver.storeID != store.driver.storeID)
        let error = try await failure { try await store.storage.probe() }
        #expect(error.code == .unavailable)
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.copyItem(atPath: path + "-away", toPath: path)
        try FileManager.default.removeItem(atPath: path + "-away")
        _ = try await failure { _ = try await store.storage.stat(.key("t2/a.bin")) }
        try await store.storage.probe()
        #expect(try await store.storage.stat(.key("t1/a.bin"))?.size == 3)
        #expect(try await store.storage.stat(.key("t2/a.bin")) == nil)
        _ = try await store.store("t2", [1])
        #expect(FileManager.default.fileExists(atPath: path + "/t2/a.bin"))
    }
}
