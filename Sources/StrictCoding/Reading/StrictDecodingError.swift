/// Everything that is wrong with a value for the type that it was decoded for.
public struct StrictDecodingError: Error, Equatable, Sendable, CustomStringConvertible {
    /// One thing that is wrong, with its place.
    public typealias Problem = MemberProblem

    /// All that was found, in the order of finding; never empty.
    public var problems: [Problem]

    /// An error of these problems.
    public init(problems: [Problem]) {
        self.problems = problems
    }

    /// All sentences in one line.
    public var description: String { problems.map(\.description).joined(separator: "; ") }
}
