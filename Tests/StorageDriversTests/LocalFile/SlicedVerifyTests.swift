import DriverConformance
import Foundation
import ServiceRuntime
import Storage
import StorageDrivers
import StowageContract
import TestSupport
import Testing

@Suite("A long verify in a local folder", .timeLimit(.minutes(1)))
struct SlicedVerifyTests {
    private static let bytes = GeneratedSource(size: 5 << 20).bytes

    /// A store whose only archive was read in part.
    private struct Begun {
        let folder: TemporaryFolder
        let store: LocalStore
        let checkpoint: String
        let path: String

        init() async throws {
            folder = try TemporaryFolder()
            store = try await LocalStore(folder.path)
            let request = try LocalStore.request("t1", path: "p")
            _ = try await store.storage.store(request, from: SeekableSource(SlicedVerifyTests.bytes))
            path = folder.path("p/t1/a.bin")
            let slice = Slice(until: .zero, time: .system)
            let error = try await failure { [store] in
                _ = try await store.storage.verify(VerifyData(archive: .key("p/t1/a.bin")), slice: slice)
            }
            #expect(error.code == .cancelled && slice.isHandedOver)
            checkpoint = try #require(slice.nextCheckpoint)
        }

        func goOn(with meter: TransferMeter = TransferMeter()) async throws -> VerifyResult {
            let slice = Slice(until: nil, time: .system, checkpoint: checkpoint)
            return try await store.storage.verify(
                VerifyData(archive: .key("p/t1/a.bin")), slice: slice, meter: meter)
        }
    }

    @Test("begins anew where the file was written in between, and finds what was damaged in the part that it had read")
    func written() async throws {
        let begun = try await Begun()
        try flip(begun.path)
        let result = try await begun.goOn()
        #expect(result.state == .mismatch && result.actualSHA256 != result.expectedSHA256)
    }

    @Test("begins anew where another file stands there, and where it is gone says so")
    func replaced() async throws {
        let begun = try await Begun()
        try FileManager.default.removeItem(atPath: begun.path)
        #expect(try await begun.goOn().state == .missing)
        #expect(FileManager.default.createFile(atPath: begun.path, contents: Data(Self.bytes)))
        let meter = TransferMeter()
        #expect(try await begun.goOn(with: meter).state == .ok)
        #expect(meter.reading.bytesDone == 5 << 20)
        #expect(FileManager.default.createFile(atPath: begun.path, contents: Data(Self.bytes.dropLast())))
        #expect(try await begun.goOn().state == .mismatch)
    }

    /// Changes a byte in the part that was read.
    private func flip(_ path: String) throws {
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
        let file = try #require(FileHandle(forUpdatingAtPath: path))
        let byte = try #require(try file.read(upToCount: 1)?.first)
        try file.seek(toOffset: 0)
        try file.write(contentsOf: Data([byte ^ 1]))
        try file.close()
    }
}
