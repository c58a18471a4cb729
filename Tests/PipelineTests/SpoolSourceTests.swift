import FileSystem
import Foundation
import ServiceRuntime
import Storage
import StowageContract
import TestSupport
import Testing

@testable import Pipeline

@Suite("Files of the spool as sources", .timeLimit(.minutes(1)))
struct SpoolSourceTests {
    /// What happens to a file behind the back of its reader.
    enum Change: CaseIterable {
        case grows, shrinks, isWritten
    }

    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test("are read to their last byte", arguments: [0, 1, 262_143, 262_144, 262_145, 524_288, 600_000])
    func whole(size: Int) async throws {
        let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let body = try await open(bytes)
        var read: [UInt8] = []
        while let chunk = try await body.next() { read += chunk }
        #expect(read == bytes)
        #expect(try await body.next() == nil)
    }

    @Test("are refused where they change while they are read", arguments: Change.allCases)
    func changed(change: Change) async throws {
        let body = try await open([UInt8](repeating: 7, count: 600_000))
        #expect(try await body.next()?.count == 262_144)
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        switch change {
        case .grows:
            try file.seekToEnd()
            try file.write(contentsOf: [8])
        case .shrinks: try file.truncate(atOffset: 500_000)
        case .isWritten:
            try file.seek(toOffset: 300_000)
            try file.write(contentsOf: [8])
        }
        try file.close()
        let error = await #expect(throws: StorageError.self) {
            while try await body.next() != nil {}
        }
        #expect(error?.code == .unavailable && error?.place == .source)
    }

    private var path: String { folder.path("a.bin") }

    private func open(_ bytes: [UInt8]) async throws -> any ArchiveBody {
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return try await SpoolSource(
            path: path, roots: SpoolRoots([folder.path]), blocking: BlockingPool(threads: 1)
        ).open()
    }
}
