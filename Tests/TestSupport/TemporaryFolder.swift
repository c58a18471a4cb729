import Foundation

/// A folder of its own for one test, removed with everything in it when the value goes.
package final class TemporaryFolder: Sendable {
    /// Its absolute path without symbolic links and without a slash at the end.
    package let path: String

    /// Makes the folder below `parent`, the system's place for temporary files unless told.
    package init(in parent: String? = nil) throws {
        let parent = parent ?? FileManager.default.temporaryDirectory.path
        let folder = URL(fileURLWithPath: parent).appendingPathComponent("stowage-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        self.path = folder.resolvingSymlinksInPath().path
    }

    deinit {
        let files = FileManager.default
        // Tests take rights away from folders to see errors; a link is never followed.
        for case let name as String in files.enumerator(atPath: path) ?? FileManager.DirectoryEnumerator() {
            let whole = "\(path)/\(name)"
            let type = try? files.attributesOfItem(atPath: whole)[.type] as? FileAttributeType
            guard type == .typeDirectory else { continue }
            try? files.setAttributes([.posixPermissions: 0o700], ofItemAtPath: whole)
        }
        try? files.removeItem(atPath: path)
    }

    /// The path of something in it.
    package func path(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes a file and returns its path; folders on the way are made.
    @discardableResult
    package func write(_ content: some Sequence<UInt8>, to name: String) throws -> String {
        let file = URL(fileURLWithPath: path(name))
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(content).write(to: file)
        return file.path
    }

    /// Writes a text file and returns its path.
    @discardableResult
    package func write(_ text: String, to name: String) throws -> String {
        try write(text.utf8, to: name)
    }

    /// The bytes of a file in it.
    package func bytes(of name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: path(name))))
    }

    /// The paths of all files and folders in it, relative to it, sorted by bytes.
    package func contents() -> [String] {
        (FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? [])
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}
