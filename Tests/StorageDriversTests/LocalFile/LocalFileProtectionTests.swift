import FileSystem
import Foundation
import Glibc
import Sharing
import Storage
import StorageDrivers
import StowageContract
import TestSupport
import Testing

@Suite("Protection in a local store", .timeLimit(.minutes(1)))
struct LocalFileProtectionTests {
    @Test("a delete asks whether it may while it holds the lock that a retain needs")
    func lookUnderLock() async throws {
        let folder = try TemporaryFolder()
        let store = try await LocalStore(folder.path)
        let handle = try await store.store("t1", [1]).handle
        let path = folder.path("t1")
        let locked = Guarded<[Bool]>([])
        let request = DeleteRequest(
            key: ArchiveKey(trusted: handle.key), taskID: try #require(TaskID("d1"))
        ) { archive throws(StorageError) in
            let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            let isLocked = flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK
            close(descriptor)
            locked.withLock { $0.append(isLocked) }
            #expect(archive.size == 1)
            throw StorageError(.retained, .permanent, "not now")
        }
        let refused = try await failure { _ = try await store.driver.delete(request) }
        #expect(refused.message == "not now")
        #expect(locked.withLock(\.self) == [true])
        // Nothing was begun: no record of a deletion stands beside the archive.
        #expect(folder.contents() == [".stowage-store", "t1", "t1/.stowage.json", "t1/a.bin"])
    }

    @Test("records of one archive by many tasks at once all stand")
    func manyRecords() async throws {
        let folder = try TemporaryFolder()
        let store = try await LocalStore(folder.path)
        let handle = try await store.store("t1", [1]).handle
        let ids = try (1...32).map { try #require(TaskID("h\($0)")) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for id in ids {
                group.addTask {
                    _ = try await store.storage.retain(
                        RetainData(archive: .handle(handle), legalHold: true), taskID: id)
                }
            }
            try await group.waitForAll()
        }
        let archive = try #require(try await store.driver.stat(ArchiveKey(trusted: handle.key), version: nil))
        #expect(Set(archive.protection.holds) == Set(ids))
    }
}
