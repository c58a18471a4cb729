import Glibc

/// What the process is given to read; these calls block.
enum StandardInput {
    /// The next bytes; `nil` at the end.
    static func chunk() -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(STDIN_FILENO, &bytes, bytes.count)
            if count > 0 { return Array(bytes[..<count]) }
            if count == 0 || errno != EINTR { return nil }
        }
    }

    /// The line that a person types after the question; `nil` at the end of input.
    static func answer(to question: String) -> String? {
        let text = Array((question + " ").utf8)
        _ = write(STDERR_FILENO, text, text.count)
        return readLine(strippingNewline: true)
    }

    static var currentFolder: String {
        guard let path = getcwd(nil, 0) else { return "/" }
        defer { free(path) }
        return String(cString: path)
    }
}
