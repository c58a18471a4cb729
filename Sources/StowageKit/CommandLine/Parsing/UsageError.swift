/// The command line cannot be understood.
struct UsageError: Error, Equatable, CustomStringConvertible {
    /// What is wrong, on one line.
    var message: String
    /// The command line that shows the help that helps: `stowage store --help`.
    var help: String

    /// One line that says what to do next.
    var description: String { "\(message); see \(help)" }
}
