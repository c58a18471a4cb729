/// What is wrong with one member of a document.
public struct MemberProblem: Error, Equatable, Sendable, CustomStringConvertible {
    /// Where: `data.source.file`, `labels[2]`; empty for the document itself.
    public var path: String
    /// What, as the rest of a sentence that begins with the path: `is missing`.
    public var message: String

    /// A problem from its parts.
    public init(path: String, message: String) {
        self.path = path
        self.message = message
    }

    /// The sentence.
    public var description: String { (path.isEmpty ? "the document" : path) + " " + message }

    /// The path of member `name` below `path`; foreign names are escaped and cut.
    public static func path(_ path: String, member name: String) -> String {
        let isPlain = name.utf8.count <= 64 && !name.isEmpty && name.unicodeScalars.allSatisfy { $0.isPrintable }
        let shown = isPlain ? name : name.excerpt
        return path.isEmpty ? shown : path + "." + shown
    }

    /// The path of the element at `index` below `path`.
    public static func path(_ path: String, element index: Int) -> String { path + "[\(index)]" }

    static func wrongType(path: String, expected: String, found: JSONValue) -> Self {
        Self(path: path, message: "must be \(expected), not \(found.kind)")
    }

    @usableFromInline
    static func notOne(of choices: [String], _ text: String, path: String) -> Self {
        let hint = NearestName.of(text, among: choices).map { "; did you mean \($0)?" } ?? ""
        return Self(
            path: path, message: "must be one of \(choices.joined(separator: ", ")), not \(text.excerpt)\(hint)")
    }

    static func unknown(_ name: String, in path: String, known: some Sequence<String>) -> Self {
        let path = Self.path(path, member: name)
        guard let nearest = NearestName.of(name, among: known) else {
            return Self(path: path, message: "is not known here")
        }
        return Self(path: path, message: "is not known here; did you mean \(nearest)?")
    }
}
