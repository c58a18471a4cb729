package import StrictCoding

/// A configuration file as a tree, and where each key stands in it.
package struct ConfigurationDocument: Sendable {
    /// The file as it was named.
    package var file: String
    /// The tree; an object, or `null` where the file says nothing.
    package var value: JSONValue
    /// Line numbers from 1 by path (as `MemberProblem` writes it).
    var lines: [String: Int]
    /// The paths of texts that were put in from the environment or a file, and so are never shown.
    var substituted: Set<String> = []

    /// The line of `path`, or of the nearest thing around it that stands in the file.
    package func line(of path: String) -> Int? {
        var path = path[...]
        while true {
            if let line = lines[String(path)] { return line }
            guard let end = path.lastIndex(where: { $0 == "." || $0 == "[" }) else { return lines[""] }
            path = path[..<end]
        }
    }

    /// `text`, which stands at `path`, as it may be shown.
    package func shown(_ text: String, at path: String) -> String {
        substituted.contains(path) ? "‹secret›" : text.excerpt
    }

    /// An error of these problems with their lines.
    package func error(_ problems: [MemberProblem]) -> ConfigurationError {
        ConfigurationError(
            file: file,
            problems: problems.map {
                ConfigurationProblem(path: $0.path, line: line(of: $0.path), message: $0.message)
            })
    }
}
