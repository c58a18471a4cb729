import Glibc

/// The editor that a person has chosen, on a file that nobody else can read.
struct TextEditor: Sendable {
    /// A line for the shell.
    let program: String
    let folder: String

    /// `VISUAL`, else `EDITOR`, else vi.
    init(environment: (String) -> String?) {
        let named = ["VISUAL", "EDITOR"].lazy.compactMap(environment).first { !$0.isEmpty }
        program = named ?? "vi"
        folder = environment("TMPDIR").flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
    }

    /// Has a person edit `text`, and returns what stands there when the editor has ended.
    ///
    /// Blocks until then.
    func edit(_ text: [UInt8]) throws(CommandFailure) -> [UInt8] {
        var name = Array((folder + "/stowage-XXXXXX.json").utf8CString)
        // Mode 0600: a task may hold secrets.
        let descriptor = mkstemps(&name, 5)
        guard descriptor >= 0 else { throw Self.failure("no file can be made in \(folder)") }
        defer {
            close(descriptor)
            unlink(name)
        }
        var rest = text[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.failure("the text cannot be written to \(folder)") }
            rest = rest.dropFirst(count)
        }
        let path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let status = system(program + " '" + path.replacing("'", with: "'\\''") + "'")
        guard status == 0 else { throw CommandFailure(.usage, "the editor ended with an error; nothing was changed") }
        // An editor may have put another file in its place.
        return try contents(of: path)
    }

    private func contents(of path: String) throws(CommandFailure) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure("what was edited cannot be read") }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Self.failure("what was edited cannot be read") }
            if count == 0 { return bytes }
            bytes += buffer[..<count]
        }
    }

    private static func failure(_ what: String) -> CommandFailure {
        CommandFailure(.usage, "\(what): \(String(cString: strerror(errno)))")
    }
}
