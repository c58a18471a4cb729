/// One thing that is wrong with a configuration.
package struct ConfigurationProblem: Sendable, Equatable {
    /// The key, as `drivers.archive.fallbacks[0]`; empty for the file as a whole.
    package var path: String
    /// The line of the file, from 1, where one can be named.
    package var line: Int?
    /// What, as the rest of a sentence that begins with the key: `must be an integer, not a string`.
    package var message: String

    package init(path: String, line: Int? = nil, message: String) {
        self.path = path
        self.line = line
        self.message = message
    }
}

/// Everything that is wrong with a configuration, found at once.
package struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file as it was named.
    package var file: String
    /// In the order of the file; never empty.
    package var problems: [ConfigurationProblem]

    package init(file: String, problems: [ConfigurationProblem]) {
        self.file = file
        self.problems = problems.enumerated()
            .sorted { ($0.element.line ?? 0, $0.offset) < ($1.element.line ?? 0, $1.offset) }
            .map(\.element)
    }

    /// One line per problem: `stowage.yaml:12: broker.prefx is not known here; did you mean prefix?`.
    package var description: String {
        problems.map { problem in
            let place = problem.line.map { "\(file):\($0)" } ?? file
            return place + ": " + (problem.path.isEmpty ? "" : problem.path + " ") + problem.message
        }
        .joined(separator: "\n")
    }
}
