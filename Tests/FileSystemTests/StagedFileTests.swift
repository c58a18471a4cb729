import FileSystem
import Glibc
import TestSupport
import Testing

@Suite("Staged files")
struct StagedFileTests {
    @Test("publishing never replaces", arguments: [true, false])
    func exclusive(isUnnamed: Bool) throws {
        let folder = try TemporaryFolder()
        let directory = try Directory.open(folder.path)
        for (name, content) in [("one", 1), ("other", 2)] as [(String, UInt8)] {
            let staged = try StagedFile.make(in: directory, mode: 0o440, isUnnamed: isUnnamed)
            try staged.file.write([content])
            if name == "one" {
                try staged.publish(as: "a")
            } else {
                #expect(throws: FileSystemError(errno: EEXIST, operation: isUnnamed ? "linkat" : "renameat2")) {
                    try staged.publish(as: "a")
                }
                staged.discard()
            }
        }
        #expect(try folder.bytes(of: "a") == [1])
        #expect(folder.contents() == ["a"])
        #expect(try directory.status("a")?.mode == 0o440)
    }

    @Test("a replacing publication leaves one file with the new bytes", arguments: [true, false])
    func replacing(isUnnamed: Bool) throws {
        let folder = try TemporaryFolder()
        let directory = try Directory.open(folder.path)
        for content in [1, 2] as [UInt8] {
            let staged = try StagedFile.make(in: directory, mode: 0o440, isUnnamed: isUnnamed)
            try staged.file.write([content])
            try staged.publishReplacing(as: "a")
        }
        #expect(try folder.bytes(of: "a") == [2])
        #expect(folder.contents() == ["a"])
    }

    @Test("temporary names are known by their form")
    func names() {
        #expect(TemporaryName.matches(TemporaryName.make()))
        #expect(TemporaryName.make() != TemporaryName.make())
        for name in [
            ".stowage-store", ".stowage.json", ".stowage-deleted.json", ".stowage-" + String(repeating: "g", count: 32),
        ] {
            #expect(!TemporaryName.matches(name))
        }
    }

    @Test("both ways of resolving refuse to leave the folder", arguments: [PathResolution.kernel, .stepwise])
    func confinement(resolution: PathResolution) throws {
        let folder = try TemporaryFolder()
        try folder.write("x", to: "a/b/c")
        let directory = try Directory.open(folder.path, resolution: resolution)
        #expect(try directory.folder("a/b").status("c") != nil)
        #expect(throws: FileSystemError.self) { try directory.folder("a/none") }
        #expect(symlink("/etc", folder.path("a/etc")) == 0)
        #expect(throws: FileSystemError.self) { try directory.file("a/etc/passwd") }
        #expect(throws: FileSystemError.self) { try directory.folder("a/etc") }
    }
}
