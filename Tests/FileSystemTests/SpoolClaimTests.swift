import FileSystem
import Foundation
import Glibc
import TestSupport
import Testing

@Suite("Files that are brought in several deliveries")
struct SpoolClaimTests {
    private static let name = ".stowage-partial-0"

    private let folder: TemporaryFolder
    private let roots: SpoolRoots

    init() throws {
        folder = try TemporaryFolder()
        roots = SpoolRoots([folder.path])
    }

    private func claim() throws -> SpoolDestination? {
        try roots.claim(folder.path("out.bin"), as: Self.name)
    }

    @Test("what one has left another goes on with, and publishes under a name that it replaces nobody under")
    func goesOn() throws {
        let first = try #require(try claim())
        try first.write([1, 2, 3, 4])
        #expect(folder.contents() == [Self.name])
        first.release()
        let second = try #require(try claim())
        #expect(try second.size() == 4)
        #expect(try second.read(at: 1, count: 10) == [2, 3, 4])
        try second.cut(to: 3)
        try second.write([9])
        #expect(try second.publish() == .created)
        #expect(try folder.bytes(of: "out.bin") == [1, 2, 3, 9])
        #expect(folder.contents() == ["out.bin"])
        var status = stat()
        #expect(stat(folder.path("out.bin"), &status) == 0 && status.st_mode & 0o777 == 0o640)
        // Published, it is nobody's beginning.
        let third = try #require(try claim())
        #expect(try third.size() == 0)
        try third.write([7])
        #expect(throws: SpoolError(.occupied, "other bytes stand at the destination")) { try third.publish() }
        #expect(try folder.bytes(of: "out.bin") == [1, 2, 3, 9])
        #expect(folder.contents() == ["out.bin"])
    }

    @Test("one has it at a time")
    func taken() throws {
        let first = try #require(try claim())
        #expect(try claim() == nil)
        first.discard()
        #expect(folder.contents().isEmpty)
    }

    /// What may lie under the name because somebody put it there.
    enum Trick: String, CaseIterable {
        case symbolicLink, secondName, pipe, folder
    }

    @Test("what somebody else may write or owns is never claimed", arguments: Trick.allCases)
    func tricks(_ trick: Trick) throws {
        let path = folder.path(Self.name)
        try folder.write([5], to: "victim")
        switch trick {
        case .symbolicLink: #expect(symlink(folder.path("victim"), path) == 0)
        case .secondName: #expect(link(folder.path("victim"), path) == 0)
        case .pipe: #expect(mkfifo(path, 0o640) == 0)
        case .folder: #expect(mkdir(path, 0o750) == 0)
        }
        #expect(try claim() == nil)
        #expect(try folder.bytes(of: "victim") == [5])
    }

    @Test("a file that another user has made is left alone", .enabled(if: geteuid() == 0))
    func foreign() throws {
        try folder.write([5], to: Self.name)
        #expect(chown(folder.path(Self.name), 65_534, 65_534) == 0)
        #expect(try claim() == nil)
        #expect(try folder.bytes(of: Self.name) == [5])
    }

    @Test("only paths below the roots can be claimed")
    func refused() {
        for path in ["/etc/out.bin", "relative", folder.path("../out.bin"), folder.path(".stowage-x")] {
            #expect(throws: SpoolError.self) { try roots.claim(path, as: Self.name) }
        }
    }
}
