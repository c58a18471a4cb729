import Cryptography
import Foundation
import Glibc
import Storage
import StorageDrivers
import StowageContract
import StrictCoding
import TestSupport
import Testing

@Suite("One local store and several processes", .timeLimit(.minutes(2)))
struct ProcessTests {
    @Test(
        "a writer killed among 200 stores leaves nothing half-written that shows, and the redelivery completes",
        arguments: [(1, true), (40, true), (1, false), (40, false)])
    func killed(told: Int, usesUnnamedFiles: Bool) async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("store")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        let stores = (0..<200).map { index in
            WriterPlan.Store(id: "t\(index)", size: index % 4 == 0 ? 1_500_000 : 5000, byte: UInt8(index))
        }
        let writer = try WriterProcess(
            WriterPlan(
                path: path, stores: stores, isGated: false, usesUnnamedFiles: usesUnnamedFiles, diesAfter: told))
        #expect(await writer.process.ended() == .signal(SIGKILL))
        let announced = writer.outcomes.filter { $0.round == 0 && $0.code == nil }
        #expect(announced.count >= told)
        #expect(announced.count < stores.count, "it was killed in the middle")

        let later: @Sendable () -> Timestamp = {
            Timestamp(millisecondsSinceEpoch: LocalStore.now().millisecondsSinceEpoch + 3_600_000)
        }
        let store = try await LocalStore(path, usesUnnamedFiles: usesUnnamedFiles, now: later)
        let visible = try await store.storage.list(ListData(limit: 1000)).archives
        for archive in visible {
            #expect(try await store.storage.verify(VerifyData(archive: .key(archive.key))).state == .ok)
        }
        let keys = Set(visible.map(\.key))
        for outcome in announced { #expect(keys.contains(outcome.id + "/a.bin"), "what was told stands") }

        _ = try await store.storage.sweep(olderThan: .seconds(60))
        let names = folder.contents().map { ($0 as NSString).lastPathComponent }
        #expect(!names.contains { $0.hasPrefix(".stowage-") && $0 != ".stowage-store" }, "nothing half-written")
        #expect(names.count { $0 == ".stowage.json" } == visible.count, "no manifest without its archive")
        #expect(names.count { $0 == "a.bin" } == visible.count)

        for one in stores {
            var request = try LocalStore.request(one.id)
            request.mayHaveRunBefore = true
            let source = BytesSource([UInt8](repeating: one.byte, count: one.size))
            let receipt = try await store.storage.store(request, from: source)
            #expect(receipt.alreadyPresent == keys.contains(receipt.handle.key))
        }
        #expect(try await store.storage.list(ListData(limit: 1000)).archives.count == stores.count)
    }

    @Test("of two processes that store other bytes under the same keys exactly one wins each")
    func races() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("store")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        let store = try await LocalStore(path)
        let ids = (0..<100).map { "t\($0)" }
        let outcomes = try await together(path, bytes: [1, 2]) { byte in
            ids.map { .init(id: $0, size: 4000 + 500_000 * Int(byte - 1), byte: byte) }
        }
        for id in ids {
            let both = outcomes.filter { $0.id == id }
            #expect(both.count == 2)
            let winners = both.filter { $0.code == nil }
            #expect(winners.count == 1)
            #expect(both.filter { $0.code != nil }.map(\.code) == [ErrorCode.conflict.rawValue])
            let result = try await store.storage.verify(VerifyData(archive: .key(id + "/a.bin")))
            #expect(result.state == .ok)
            #expect(result.actualSHA256 == winners.first?.sha256)
        }
    }

    @Test("two processes that store the same bytes under the same keys both succeed, one of them first")
    func sameBytes() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("store")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        let ids = (0..<50).map { "t\($0)" }
        let outcomes = try await together(path, bytes: [7, 7]) { byte in
            ids.map { .init(id: $0, size: 4000, byte: byte) }
        }
        for id in ids {
            let both = outcomes.filter { $0.id == id }
            #expect(both.count == 2)
            #expect(both.allSatisfy { $0.code == nil })
            #expect(both.count { !$0.alreadyPresent } == 1)
        }
    }

    @Test("processes that open an empty store at the same time agree on its id")
    func opening() async throws {
        for _ in 0..<3 {
            let folder = try TemporaryFolder()
            let path = folder.path("store")
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
            let outcomes = try await together(path, bytes: [1, 2, 3], from: -1) { _ in [] }
            let ids = outcomes.filter { $0.id == "open" }.map(\.sha256)
            #expect(ids.count == 3)
            #expect(Set(ids).count == 1)
            let text = String(decoding: try folder.bytes(of: "store/.stowage-store"), as: UTF8.self)
            #expect(text == (ids.first.flatMap { $0 } ?? "") + "\n")
            #expect(folder.contents() == ["store", "store.go", "store/.stowage-store"])
        }
    }

    /// What processes tell that began at the same moment, from that round on.
    private func together(
        _ path: String, bytes: [UInt8], from round: Int = 0, _ stores: (UInt8) -> [WriterPlan.Store]
    ) async throws -> [WriterOutcome] {
        let writers = try bytes.map {
            try WriterProcess(WriterPlan(path: path, stores: stores($0), isGated: true))
        }
        for writer in writers { await writer.told(1) }
        try Data().write(to: URL(fileURLWithPath: path + ".go"))
        for writer in writers { #expect(await writer.process.ended() == .code(0), "\(writer.process.errorText)") }
        return writers.flatMap(\.outcomes).filter { $0.round >= round }
    }
}
