import CLinux
import Glibc

/// The folders that tasks may name files in.
///
/// All calls block.
package struct SpoolRoots: Sendable {
    private let roots: [String]
    private let resolution: PathResolution

    /// Roots from the configuration: absolute paths, which may themselves lead through symbolic links.
    package init(_ roots: [String], resolution: PathResolution = .available()) {
        self.roots = roots.map { root in
            var end = root.utf8.endIndex
            while end > root.utf8.startIndex, root.utf8[root.utf8.index(before: end)] == UInt8(ascii: "/") {
                end = root.utf8.index(before: end)
            }
            return String(root[..<end])
        }
        self.resolution = resolution
    }

    /// Opens a regular file below one of the roots.
    ///
    /// - Throws: `.refused` for path tricks, `.missing`, `.notRegular`, `.failed`.
    package func open(_ path: String) throws(SpoolError) -> SpoolFile {
        let place = try place(of: path)
        let root = try openRoot(place.root)
        do throws(FileSystemError) {
            let file = try root.file(place.path)
            let status = try file.status()
            guard status.kind == .regular else { throw FileSystemError(errno: ELOOP, operation: "fstat") }
            return SpoolFile(path: path, file: file, status: status)
        } catch {
            throw Self.refusal(error)
        }
    }

    /// Removes the file where it is still the one that was opened; returns whether it was.
    ///
    /// It is renamed aside and looked at again before it goes, so that a file that took its place in between survives
    /// under its own name.
    package func removeIfUnchanged(_ file: SpoolFile) throws(SpoolError) -> Bool {
        let place = try place(of: file.path)
        let folder = try folder(of: place)
        do throws(FileSystemError) {
            guard let status = try folder.status(place.name), SpoolFile.Identity(status) == file.identity else {
                return false
            }
            let aside = TemporaryName.make()
            try folder.rename(place.name, to: aside)
            guard let moved = try folder.status(aside), SpoolFile.Identity(moved) == file.identity else {
                try folder.rename(aside, to: place.name)
                return false
            }
            try folder.unlink(aside)
            return true
        } catch {
            if error.errno == ENOENT { return false }
            throw Self.refusal(error)
        }
    }

    /// Begins a file at a path where nothing stands; its folder must be there.
    ///
    /// - Throws: `.refused`, `.missing` for the folder, `.failed`.
    package func create(_ path: String, mode: UInt32 = 0o640) throws(SpoolError) -> SpoolDestination {
        let place = try place(of: path)
        let folder = try folder(of: place)
        do throws(FileSystemError) {
            return SpoolDestination(
                name: place.name, folder: folder, staged: try StagedFile.make(in: folder, mode: mode))
        } catch {
            throw Self.refusal(error)
        }
    }

    struct Place {
        var root: String
        /// Below the root.
        var path: String
        /// The last segment.
        var name: String
    }

    func place(of path: String) throws(SpoolError) -> Place {
        let bytes = path.utf8
        guard bytes.first == UInt8(ascii: "/") else { throw SpoolError(.refused, "the path is not absolute") }
        guard !bytes.contains(0), bytes.count < 4096 else {
            throw SpoolError(.refused, "the path has a NUL or is too long")
        }
        let segments = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        for segment in segments {
            let segment = segment.utf8
            if segment.isEmpty || segment.elementsEqual(".".utf8) || segment.elementsEqual("..".utf8) {
                throw SpoolError(.refused, "the path has an empty segment, . or ..")
            }
            if segment.starts(with: ".stowage".utf8) {
                throw SpoolError(.refused, "the path has a segment that begins with .stowage")
            }
        }
        for root in roots where bytes.starts(with: (root + "/").utf8) {
            let rest = String(Substring(bytes.dropFirst(root.utf8.count + 1)))
            return Place(root: root.isEmpty ? "/" : root, path: rest, name: String(segments.last ?? ""))
        }
        throw SpoolError(.refused, "the path lies outside the spool roots")
    }

    private func openRoot(_ root: String) throws(SpoolError) -> Directory {
        do throws(FileSystemError) {
            return try Directory.open(root, resolution: resolution)
        } catch {
            throw SpoolError(.failed, "the spool root cannot be opened", errno: error.errno)
        }
    }

    func folder(of place: Place) throws(SpoolError) -> Directory {
        let root = try openRoot(place.root)
        let folders = place.path.utf8.count - place.name.utf8.count - 1
        if folders < 0 { return root }
        do throws(FileSystemError) {
            return try root.folder(String(Substring(place.path.utf8.prefix(folders))))
        } catch {
            throw Self.refusal(error)
        }
    }

    static func refusal(_ error: FileSystemError) -> SpoolError {
        switch error.errno {
        case ENOENT: SpoolError(.missing, "there is no such file", errno: error.errno)
        case EXDEV: SpoolError(.refused, "the path leads outside the spool root", errno: error.errno)
        case ELOOP, ENOTDIR, ENXIO: SpoolError(.notRegular, "the path is no regular file", errno: error.errno)
        default: SpoolError(.failed, "the file cannot be opened", errno: error.errno)
        }
    }
}
