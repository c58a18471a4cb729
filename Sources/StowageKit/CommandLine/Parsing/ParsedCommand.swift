import StrictCoding

/// A command line that fits its specification.
struct ParsedCommand: Sendable {
    let specification: CommandSpecification
    /// In order.
    let arguments: [String]
    private let program: String
    private let values: [String: [String]]

    init(_ specification: CommandSpecification, program: String, arguments: [String], values: [String: [String]]) {
        self.specification = specification
        self.program = program
        self.arguments = arguments
        self.values = values
    }

    /// The command's name: `dead list`.
    var name: String { specification.name }

    /// Whether a flag was given.
    func flag(_ name: String) -> Bool { values[name] != nil }

    /// The value of an option; `nil`: not given.
    func string(_ name: String) -> String? { values[name]?.last }

    /// All values of an option that may be repeated.
    func strings(_ name: String) -> [String] { values[name] ?? [] }

    /// The value of an option that the specification requires.
    func required(_ name: String) throws(UsageError) -> String {
        guard let value = string(name) else { throw error("--\(name) is missing") }
        return value
    }

    /// The whole number of an option, within `range`; `nil`: not given.
    func integer(_ name: String, in range: ClosedRange<Int>) throws(UsageError) -> Int? {
        guard let text = string(name) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            let allowed =
                range.upperBound == .max
                ? "a whole number from \(range.lowerBound)"
                : "a whole number from \(range.lowerBound) to \(range.upperBound)"
            throw error("--\(name) must be \(allowed), not \(text.excerpt)")
        }
        return number
    }

    /// The case that an option names; `nil`: not given.
    func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, of type: Choice.Type
    ) throws(UsageError) -> Choice? where Choice.RawValue == String {
        guard let text = string(name) else { return nil }
        if let choice = type.allCases.first(where: { $0.rawValue.hasSameBytes(as: text) }) { return choice }
        let cases = type.allCases.map(\.rawValue)
        let hint = NearestName.of(text, among: cases).map { "; did you mean \($0)?" } ?? ""
        throw error("--\(name) must be one of \(cases.joined(separator: ", ")), not \(text.excerpt)\(hint)")
    }

    /// An error of usage of this command, for rules that the specification cannot say.
    func error(_ message: String) -> UsageError {
        UsageError(message: "\(program) \(name): \(message)", help: "\(program) \(name) --help")
    }
}
