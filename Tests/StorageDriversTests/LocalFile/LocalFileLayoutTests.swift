import FileSystem
import Foundation
import Storage
import StorageDrivers
import StowageContract
import StrictCoding
import TestSupport
import Testing

@Suite("What the local driver leaves on disk", .timeLimit(.minutes(2)))
struct LocalFileLayoutTests {
    @Test("an archive lies at its key with its manifest, read-only, and nothing else", arguments: [true, false])
    func layout(usesUnnamedFiles: Bool) async throws {
        let folder = try TemporaryFolder()
        let store = try await LocalStore(folder.path, usesUnnamedFiles: usesUnnamedFiles)
        _ = try await store.store("t1", path: "course/x", [1, 2, 3])
        _ = try await store.store("t2", named: "long.bin", [UInt8](repeating: 5, count: 2_000_000))
        let names = folder.contents().filter { $0 != ".stowage-store" }
        #expect(
            names == [
                "course", "course/x", "course/x/t1", "course/x/t1/.stowage.json", "course/x/t1/a.bin", "t2",
                "t2/.stowage.json", "t2/long.bin",
            ])
        #expect(try folder.bytes(of: "course/x/t1/a.bin") == [1, 2, 3])
        for name in names where name.contains(".") {
            let attributes = try FileManager.default.attributesOfItem(atPath: folder.path(name))
            #expect(attributes[.posixPermissions] as? Int == 0o440)
        }
        let manifest = try JSONParser.parse(folder.bytes(of: "t2/.stowage.json"))
        #expect(manifest["taskId"] == "t2")
        #expect(manifest["size"] == 2_000_000)
    }

    @Test("a store keeps its id, and another folder has another")
    func identity() async throws {
        let one = try TemporaryFolder()
        let other = try TemporaryFolder()
        let first = try await LocalStore(one.path).storage.storeID
        #expect(first?.utf8.count == 32)
        #expect(try await LocalStore(one.path).storage.storeID == first)
        #expect(try await LocalStore(other.path).storage.storeID != first)
    }

    @Test("a root that is missing or no folder is unavailable, and is not made")
    func missingRoot() async throws {
        let folder = try TemporaryFolder()
        try folder.write("x", to: "file")
        for name in ["missing", "file"] {
            let error = try await failure { _ = try await LocalStore(folder.path(name)) }
            #expect(error.code == .unavailable)
            #expect(error.place == .driver)
            #expect(error.retry == .transient(after: nil))
        }
        #expect(folder.contents() == ["file"])
    }

    @Test("a manifest that a killed writer left is completed by the redelivery")
    func orphanedManifest() async throws {
        let folder = try TemporaryFolder()
        let store = try await LocalStore(folder.path)
        let first = try await store.store("t1", [1, 2, 3])
        try FileManager.default.removeItem(atPath: folder.path("t1/a.bin"))
        #expect(try await store.storage.stat(.key("t1/a.bin")) == nil)
        #expect(try await store.storage.list(ListData()).archives.isEmpty)
        let again = try await store.store("t1", [1, 2, 3])
        #expect(again.handle == first.handle)
        try FileManager.default.removeItem(atPath: folder.path("t1/a.bin"))
        let other = try await store.store("t1", [4, 5])
        #expect(other.handle.size == 2)
        #expect(try await store.storage.verify(VerifyData(archive: .key("t1/a.bin"))).state == .ok)
    }

    @Test("an archive that lost its manifest is completed by the same bytes and refuses others")
    func orphanedArchive() async throws {
        let folder = try TemporaryFolder()
        let store = try await LocalStore(folder.path)
        _ = try await store.store("t1", [1, 2, 3])
        try FileManager.default.removeItem(atPath: folder.path("t1/.stowage.json"))
        let refused = try await failure { _ = try await store.store("t1", [1, 2, 4]) }
        #expect(refused.code == .conflict)
        #expect(refused.context["stored"] != nil)
        #expect(refused.context["source"] != nil)
        let error = try await failure { _ = try await store.storage.stat(.key("t1/a.bin")) }
        #expect(error.code == .unavailable)
        #expect(try await store.store("t1", [1, 2, 3]).handle.size == 3)
        #expect(try await store.storage.stat(.key("t1/a.bin"))?.size == 3)
    }

    @Test("an archive that lost its manifest, and with it its retention, is not deleted")
    func deletionWithoutManifest() async throws {
        let folder = try TemporaryFolder()
        let store = try await LocalStore(folder.path)
        _ = try await store.store("t1", [1, 2, 3])
        try FileManager.default.removeItem(atPath: folder.path("t1/.stowage.json"))
        let deleter = try #require(TaskID("d1"))
        let error = try await failure { _ = try await store.storage.delete(.key("t1/a.bin"), taskID: deleter) }
        #expect(error.code == .unavailable)
        #expect(try folder.bytes(of: "t1/a.bin") == [1, 2, 3])
    }

    @Test("a sweep removes what is old and half-written, and nothing else")
    func sweep() async throws {
        let folder = try TemporaryFolder()
        let later: @Sendable () -> Timestamp = {
            Timestamp(millisecondsSinceEpoch: LocalStore.now().millisecondsSinceEpoch + 3_600_000)
        }
        let store = try await LocalStore(folder.path, now: later)
        _ = try await store.store("kept", [1])
        _ = try await store.store("orphan", [1])
        try FileManager.default.removeItem(atPath: folder.path("orphan/a.bin"))
        try folder.write("x", to: "orphan/" + TemporaryName.make())
        try folder.write("x", to: "kept/" + TemporaryName.make())
        try folder.write("x", to: "kept/.stowage-other")
        #expect(try await store.storage.sweep(olderThan: .seconds(7200)) == 0)
        #expect(try await store.storage.sweep(olderThan: .seconds(60)) == 3)
        #expect(
            folder.contents() == [
                ".stowage-store", "kept", "kept/.stowage-other", "kept/.stowage.json", "kept/a.bin", "orphan",
            ])
    }

    @Test("a deletion leaves its record alone")
    func deletion() async throws {
        let folder = try TemporaryFolder()
        let store = try await LocalStore(folder.path)
        let handle = try await store.store("t1", [1]).handle
        let retain = RetainData(archive: .key(handle.key), releases: [])
        _ = try await store.storage.retain(retain, taskID: try #require(TaskID("r1")))
        let deleter = try #require(TaskID("d1"))
        #expect(try await store.storage.delete(.handle(handle), taskID: deleter, reason: "too old"))
        #expect(folder.contents() == [".stowage-store", "t1", "t1/.stowage-deleted.json"])
        let record = try JSONParser.parse(folder.bytes(of: "t1/.stowage-deleted.json"))
        #expect(record["taskIds"] == ["t1", "d1"])
        #expect(record["reason"] == "too old")
    }

    @Test("deleting a name that is not there leaves the archive beside it its manifest and its retention")
    func deletionOfAnotherName() async throws {
        let folder = try TemporaryFolder()
        let store = try await LocalStore(folder.path)
        let handle = try await store.store("t1", [1]).handle
        let until = Timestamp(millisecondsSinceEpoch: LocalStore.now().millisecondsSinceEpoch + 3_600_000)
        _ = try await store.storage.retain(
            RetainData(archive: .key(handle.key), retention: Retention(mode: .compliance, until: until), releases: []),
            taskID: try #require(TaskID("r1")))
        let before = folder.contents()
        let deleter = try #require(TaskID("d1"))
        #expect(try await store.storage.delete(.key("t1/other.bin"), taskID: deleter, reason: nil) == false)
        #expect(folder.contents() == before)
        try folder.write("x", to: "t1/foreign.bin")
        _ = try? await store.storage.delete(.key("t1/foreign.bin"), taskID: deleter, reason: nil)
        let refused = try await failure {
            _ = try await store.storage.delete(.key(handle.key), taskID: deleter, reason: nil)
        }
        #expect(refused.code == .retained)
    }

    @Test("damage on disk is found on reading and on verifying")
    func damage() async throws {
        let folder = try TemporaryFolder()
        let store = try await LocalStore(folder.path)
        let handle = try await store.store("t1", [1, 2, 3]).handle
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: folder.path("t1/a.bin"))
        try folder.write([1, 2, 9], to: "t1/a.bin")
        #expect(try await store.storage.verify(VerifyData(archive: .handle(handle))).state == .mismatch)
        let error = try await failure {
            try await store.storage.withArchive(.handle(handle)) { (body, _) async throws(StorageError) in
                while try await body.next() != nil {}
            }
        }
        #expect(error.code == .integrityMismatch)
        #expect(error.place == .driver)
        let again = try await failure { _ = try await store.store("t1", [1, 2, 3]) }
        #expect(again.code == .integrityMismatch)
    }

    @Test("the configuration is read strictly")
    func configuration() throws {
        let decoder = StrictDecoder()
        let full = try decoder.decode(
            LocalFileConfiguration.self,
            from: ["path": "/srv", "durability": "file", "fileMode": "0444", "directoryMode": 755])
        #expect(full.fileMode == 0o444)
        #expect(full.directoryMode == 0o755)
        #expect(full.durability == .file)
        let bad: [JSONValue] = [
            [:], ["path": "srv"], ["path": "/srv", "durability": "store"], ["path": "/srv", "fileMode": "0999"],
            ["path": "/srv", "fileMode": "0040"], ["path": "/srv", "directoryMode": "0500"],
            ["path": "/srv", "paht": "x"], ["path": 7],
        ]
        for value in bad {
            #expect(throws: StrictDecodingError.self) { try decoder.decode(LocalFileConfiguration.self, from: value) }
        }
    }
}
