import Glibc
import ServiceRuntime
import StowageContract

/// Where the bytes of an archive come from: in the message, or below a spool root; looked at, not read yet.
struct StoreSource: Sendable {
    private enum Content: Sendable {
        case bytes([UInt8])
        /// Travels in the message, at most so many bytes.
        case file(String, limit: Int)
        /// As the workers find it, with its size in bytes.
        case spooled(String, size: Int64)
    }

    /// The file's own name; standard input has none.
    let name: String?
    private let content: Content

    /// Looks at the file; standard input is read.
    ///
    /// `mustBeFile`: the bytes may not travel in the message. `roots`: the configured spool roots; `nil`: nobody knows
    /// them here.
    init(
        _ file: String, mustBeFile: Bool, inlineBytes: Int, roots: [String]?, context: CommandContext
    ) async throws(CommandFailure) {
        if file == "-" {
            guard !mustBeFile else {
                throw CommandFailure(.usage, "standard input is no file: leave --spool and --remove-source away")
            }
            content = .bytes(try await Self.standardInput(upTo: inlineBytes, context))
            name = nil
            return
        }
        var facts = stat()
        guard stat(file, &facts) == 0 else {
            throw CommandFailure(.usage, "\(file): \(String(cString: strerror(errno)))")
        }
        guard facts.st_mode & S_IFMT == S_IFREG else { throw CommandFailure(.usage, "\(file) is no regular file") }
        name = file.split(separator: "/").last.map(String.init)
        content =
            !mustBeFile && facts.st_size <= inlineBytes
            ? .file(file, limit: inlineBytes)
            : .spooled(try Self.spooled(context.absolutePath(file), roots: roots), size: Int64(facts.st_size))
    }

    /// The source for a task, and its size in bytes, which pins what was there when the task was made.
    func read() throws(CommandFailure) -> (TaskSource, size: Int64) {
        switch content {
        case .bytes(let bytes): return (.inline(bytes), Int64(bytes.count))
        case .spooled(let path, let size): return (.file(path), size)
        case .file(let path, let limit):
            do throws(SmallFile.Failure) {
                let bytes = try SmallFile.bytes(of: path, limit: limit)
                return (.inline(bytes), Int64(bytes.count))
            } catch {
                throw CommandFailure(.usage, "\(path) \(error.message)")
            }
        }
    }

    /// The path as workers find it.
    private static func spooled(_ path: String, roots: [String]?) throws(CommandFailure) -> String {
        guard let roots else { return path }
        if roots.contains(where: { path.isBelow($0) }) { return path }
        if let real = realPath(path) {
            for root in roots {
                guard let realRoot = realPath(root), real.isBelow(realRoot) else { continue }
                return root + real.utf8.dropFirst(realRoot.utf8.count).text
            }
        }
        throw CommandFailure(
            .usage,
            "\(path) does not fit into a message and lies below none of spool.roots (\(roots.joined(separator: ", "))): "
                + "put it there first")
    }

    private static func realPath(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    private static func standardInput(upTo limit: Int, _ context: CommandContext) async throws(CommandFailure)
        -> [UInt8]
    {
        var bytes: [UInt8] = []
        while let chunk = await context.input() {
            bytes += chunk
            guard bytes.count <= limit else {
                throw CommandFailure(
                    .usage,
                    "standard input is larger than the \(limit) bytes that fit into a message: use a file below a spool root"
                )
            }
        }
        return bytes
    }
}

extension String {
    /// Whether the path lies below that folder.
    fileprivate func isBelow(_ folder: String) -> Bool {
        utf8.starts(with: (folder.hasSuffix("/") ? folder : folder + "/").utf8)
    }
}

extension Collection where Element == UInt8 {
    fileprivate var text: String { String(decoding: self, as: UTF8.self) }
}
