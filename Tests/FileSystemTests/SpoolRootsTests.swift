import FileSystem
import Foundation
import Glibc
import TestSupport
import Testing

@Suite("Spool roots", .timeLimit(.minutes(1)))
struct SpoolRootsTests {
    private static let resolutions: [PathResolution] = [.kernel, .stepwise]

    private func refusal(_ body: () throws -> Void) throws -> SpoolError {
        do { try body() } catch let error as SpoolError { return error }
        throw NoRefusal()
    }

    private struct NoRefusal: Error {}

    @Test("a regular file below a root is read", arguments: resolutions)
    func open(resolution: PathResolution) throws {
        let folder = try TemporaryFolder()
        let path = try folder.write([1, 2, 3, 4], to: "a/b/c.bin")
        let file = try SpoolRoots(["/nowhere", folder.path + "/"], resolution: resolution).open(path)
        #expect(file.identity.size == 4)
        #expect(try file.read(at: 1, count: 10) == [2, 3, 4])
        #expect(try file.read(at: 4, count: 10).isEmpty)
        #expect(file.isUnchanged())
        try folder.write([1, 2, 3, 4, 5], to: "a/b/c.bin")
    }

    @Test("path tricks are refused", arguments: resolutions)
    func tricks(resolution: PathResolution) throws {
        let folder = try TemporaryFolder()
        let outside = try TemporaryFolder()
        try folder.write("x", to: "root/ok")
        try folder.write("x", to: "root-2/no")
        try outside.write("x", to: "secret")
        let files = FileManager.default
        try files.createSymbolicLink(atPath: folder.path("root/link"), withDestinationPath: outside.path("secret"))
        try files.createSymbolicLink(atPath: folder.path("root/folder"), withDestinationPath: outside.path)
        let roots = SpoolRoots([folder.path("root")], resolution: resolution)
        let root = folder.path("root")
        let refused = [
            "ok", "", root, root + "/", root + "//ok", root + "/./ok", root + "/../root-2/no", root + "-2/no",
            root + "/ok\0", outside.path("secret"), "/etc/passwd", "/proc/self/environ",
            root + "/.stowage-x",
        ]
        for path in refused { #expect(try refusal { _ = try roots.open(path) }.reason == .refused, "\(path)") }
        for path in ["/link", "/folder/secret"] {
            let reason = try refusal { _ = try roots.open(root + path) }.reason
            #expect(reason == .notRegular || reason == .refused, "\(path)")
        }
        #expect(try refusal { _ = try roots.open(root + "/none") }.reason == .missing)
    }

    @Test("folders, pipes and devices are no files, and opening them does not wait", arguments: resolutions)
    func kinds(resolution: PathResolution) throws {
        let folder = try TemporaryFolder()
        try folder.write("x", to: "folder/file")
        #expect(mkfifo(folder.path("pipe"), 0o600) == 0)
        let roots = SpoolRoots([folder.path], resolution: resolution)
        for name in ["folder", "pipe"] {
            #expect(try refusal { _ = try roots.open(folder.path(name)) }.reason == .notRegular)
        }
        let devices = SpoolRoots(["/dev"], resolution: resolution)
        #expect(try refusal { _ = try devices.open("/dev/null") }.reason == .notRegular)
    }

    @Test("a file is removed only where it is still the one that was read")
    func removal() throws {
        let folder = try TemporaryFolder()
        let roots = SpoolRoots([folder.path])
        let path = try folder.write("one", to: "a/f")
        let first = try roots.open(path)
        try FileManager.default.removeItem(atPath: path)
        try folder.write("two", to: "a/f")
        #expect(try !roots.removeIfUnchanged(first))
        #expect(folder.contents() == ["a", "a/f"])
        let second = try roots.open(path)
        #expect(try roots.removeIfUnchanged(second))
        #expect(folder.contents() == ["a"])
        #expect(try !roots.removeIfUnchanged(second))
    }

    @Test("a destination appears whole and replaces nothing")
    func destination() throws {
        let folder = try TemporaryFolder()
        let roots = SpoolRoots([folder.path])
        let path = folder.path("out.bin")
        let first = try roots.create(path)
        try first.write([1, 2])
        #expect(folder.contents().isEmpty)
        try first.write([3])
        #expect(try first.publish() == .created)
        #expect(try folder.bytes(of: "out.bin") == [1, 2, 3])
        let same = try roots.create(path)
        try same.write([1, 2, 3])
        #expect(try same.publish() == .alreadyThere)
        let other = try roots.create(path)
        try other.write([1, 2, 4])
        #expect(try refusal { _ = try other.publish() }.reason == .occupied)
        let dropped = try roots.create(folder.path("never"))
        try dropped.write([1])
        dropped.discard()
        #expect(folder.contents() == ["out.bin"])
        #expect(try folder.bytes(of: "out.bin") == [1, 2, 3])
        #expect(try refusal { _ = try roots.create(folder.path("none/x")) }.reason == .missing)
    }
}
