import DriverConformance
import FileSystem
import Foundation
import Glibc
import Storage
import StorageDrivers
import StowageContract
import TestSupport
import Testing

@Suite("What an interrupted store leaves in a local folder", .timeLimit(.minutes(2)))
struct ResumingTests {
    private static let bytes = GeneratedSource(size: 6 << 20).bytes

    /// A store with an interrupted task `t1` in it.
    private struct Interrupted {
        let folder: TemporaryFolder
        let store: LocalStore
        let request: StoreRequest

        init(durability: Durability = .full) async throws {
            folder = try TemporaryFolder()
            store = try await LocalStore(
                folder.path, durability: durability,
                checkpoints: CheckpointPolicy(leastBytes: 4 << 20, everyBytes: 1 << 20))
            request = try LocalStore.request("t1", path: "p")
            let error = try await failure { [store, request] in
                let source = SeekableSource(ResumingTests.bytes, .fails(after: 4 << 20))
                _ = try await store.storage.store(request, from: source)
            }
            #expect(error.place == .source)
        }

        var partial: String { path { !$0.hasSuffix("-checkpoint") } }
        var record: String { path { $0.hasSuffix("-checkpoint") } }

        private func path(_ condition: (String) -> Bool) -> String {
            let name = folder.contents().first { $0.contains("/.stowage-partial-") && condition($0) }
            return folder.path(name ?? "missing")
        }

        /// Stores again; how much of it was resumed.
        func again() async throws -> Int64 {
            let receipt = try await store.storage.store(request, from: SeekableSource(ResumingTests.bytes))
            #expect(try folder.bytes(of: "p/t1/a.bin") == ResumingTests.bytes)
            #expect(receipt.sourceBytes + receipt.resumedBytes == 6 << 20)
            return receipt.resumedBytes
        }
    }

    @Test("is a partial file with its record, and after the next store nothing but the archive")
    func layout() async throws {
        for durability in [Durability.full, .file, .none] {
            let left = try await Interrupted(durability: durability)
            #expect(left.folder.contents().filter { $0.contains(".stowage-partial-") }.count == 2)
            #expect(try await left.again() >= 4 << 20)
            #expect(
                left.folder.contents().filter { $0.hasPrefix("p/") }
                    == ["p/t1", "p/t1/.stowage.json", "p/t1/a.bin"])
            let attributes = try FileManager.default.attributesOfItem(atPath: left.folder.path("p/t1/a.bin"))
            #expect(attributes[.posixPermissions] as? Int == 0o440)
        }
    }

    /// What may have happened to the leftovers before somebody comes back to them.
    enum Damage: String, CaseIterable {
        case flippedByte, lostFile, lostRecord, emptyRecord, foreignRecord, shorterFile, linkInPlace, secondName
    }

    @Test("counts only where it is whole: else the store begins at the start", arguments: Damage.allCases)
    func damaged(_ damage: Damage) async throws {
        let left = try await Interrupted()
        let files = FileManager.default
        let victim = try left.folder.write([1, 2, 3], to: "victim")
        switch damage {
        case .flippedByte:
            let file = try #require(FileHandle(forUpdatingAtPath: left.partial))
            try file.seek(toOffset: 1_000_000)
            let byte = try #require(try file.read(upToCount: 1)?.first)
            try file.seek(toOffset: 1_000_000)
            try file.write(contentsOf: [byte ^ 1])
            try file.close()
        case .lostFile: try files.removeItem(atPath: left.partial)
        case .lostRecord: try files.removeItem(atPath: left.record)
        case .emptyRecord:
            try files.removeItem(atPath: left.record)
            #expect(files.createFile(atPath: left.record, contents: nil))
        case .foreignRecord:
            let record = left.record
            let text = try String(contentsOfFile: record, encoding: .utf8)
            try files.removeItem(atPath: record)
            let other = text.replacingOccurrences(of: "\"origin\":\"", with: "\"origin\":\"0")
            try other.write(toFile: record, atomically: false, encoding: .utf8)
        case .shorterFile: #expect(truncate(left.partial, 1 << 20) == 0)
        case .linkInPlace:
            let partial = left.partial
            try files.removeItem(atPath: partial)
            try files.createSymbolicLink(atPath: partial, withDestinationPath: victim)
        case .secondName: #expect(link(left.partial, left.folder.path("p/t1/other")) == 0)
        }
        #expect(try await left.again() == 0)
        #expect(try left.folder.bytes(of: "victim") == [1, 2, 3])
        if damage == .secondName {
            let other = try left.folder.bytes(of: "p/t1/other")
            #expect(other.count >= 4 << 20 && Self.bytes.starts(with: other))
        }
    }

    @Test("is gone on with although it had the mode of an archive already")
    func finishedMode() async throws {
        let left = try await Interrupted()
        #expect(chmod(left.partial, 0o440) == 0)
        #expect(try await left.again() > 0)
    }

    @Test("is no longer there once the store fails for good, or the store itself does")
    func discarded() async throws {
        let left = try await Interrupted()
        var wrong = left.request
        wrong.sha256 = String(repeating: "0", count: 64)
        let error = try await failure {
            _ = try await left.store.storage.store(wrong, from: SeekableSource(Self.bytes))
        }
        #expect(error.code == .integrityMismatch && error.place == .source)
        #expect(!left.folder.contents().contains { $0.contains(".stowage-partial-") })
    }

    @Test("is not swept while somebody writes it, however old it looks")
    func sweptWhileWritten() async throws {
        let left = try await Interrupted()
        let source = SeekableSource(Self.bytes, .waits(after: 1 << 20))
        let task = Task { try await left.store.storage.store(left.request, from: source) }
        await source.waiting()
        let old = [timespec(tv_sec: 1, tv_nsec: 0), timespec(tv_sec: 1, tv_nsec: 0)]
        #expect(utimensat(AT_FDCWD, left.partial, old, 0) == 0)
        #expect(try await left.store.storage.sweep(olderThan: .seconds(60)) == 0)
        source.release()
        #expect(try await task.value.resumedBytes > 0)
    }

    @Test("a small store leaves nothing, even interrupted")
    func small() async throws {
        let folder = try TemporaryFolder()
        let store = try await LocalStore(
            folder.path, checkpoints: CheckpointPolicy(leastBytes: 4 << 20, everyBytes: 1 << 20))
        let request = try LocalStore.request("t1")
        _ = try await failure {
            let source = SeekableSource([UInt8](repeating: 1, count: 4 << 20 - 1), .fails(after: 3 << 20))
            _ = try await store.storage.store(request, from: source)
        }
        #expect(!folder.contents().contains { $0.contains("partial") })
    }
}
