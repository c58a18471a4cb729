import Foundation
import TestSupport

/// What lies on a disk, as told by tools that are not ours.
struct Disk {
    /// The digest of each archive by its path below the root.
    var archives: [String: String] = [:]
    /// Paths of what is not an archive (`.stowage…`), but for the store's own id.
    var records: [String] = []

    /// Walks a folder with `find` and `sha256sum`.
    init(_ root: String) async throws {
        let digests = try await ChildProcess.run([
            "bash", "-c", "cd \"$1\" && find . -type f ! -name '.stowage*' -print0 | xargs -0 -r sha256sum", "bash",
            root,
        ])
        for line in digests.split(separator: "\n") {
            archives[String(line.dropFirst(64 + 2 + 2))] = String(line.prefix(64))
        }
        let others = try await ChildProcess.run([
            "find", root, "-type", "f", "-name", ".stowage*", "!", "-name", ".stowage-store", "-printf", "%P\n",
        ])
        records = others.split(separator: "\n").map { String($0) }
    }

    /// Leftovers of killed writers: whatever is not a record.
    var temporaryFiles: [String] { records.filter { !$0.hasSuffix(".json") } }

    /// Manifests whose archive is missing.
    var orphanedManifests: [String] {
        func folder(_ path: String) -> String { (path as NSString).deletingLastPathComponent }
        let folders = Set(archives.keys.map { folder($0) })
        return records.filter { $0.hasSuffix("/.stowage.json") && !folders.contains(folder($0)) }
    }

    /// The digest of one file.
    static func digest(_ path: String) async throws -> String {
        String(try await ChildProcess.run(["sha256sum", path]).prefix(64))
    }

    /// The rights of one file, in octal.
    static func mode(_ path: String) throws -> String {
        let rights = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int ?? 0
        return String(rights, radix: 8)
    }
}
