/// What a subcommand takes; the parser and `--help` both follow it.
struct CommandSpecification: Sendable {
    /// One word, or two where commands form a group (`dead list`).
    var name: String
    /// One sentence without its full stop.
    var summary: String
    var arguments: [ArgumentSpecification] = []
    var options: [OptionSpecification] = []
    /// Further paragraphs of `--help`.
    var notes: [String] = []

    var words: [String] { name.split(separator: " ").map(String.init) }
}

/// An argument without a name of its own on the command line.
struct ArgumentSpecification: Sendable {
    enum Count: Sendable {
        case one
        case optional
        case any
        case atLeastOne
    }

    /// As `--help` shows it: `FILE`.
    var name: String
    var count = Count.one
    var summary: String

    var usage: String {
        switch count {
        case .one: name
        case .optional: "[\(name)]"
        case .any: "[\(name)…]"
        case .atLeastOne: "\(name)…"
        }
    }
}

/// An option: a flag, or a name with a value.
struct OptionSpecification: Sendable {
    /// Without the dashes.
    var name: String
    var letter: Character?
    /// What the value is, as `--help` shows it; `nil`: a flag.
    var value: String?
    var summary: String
    var isRequired = false
    /// Whether it may come more than once.
    var isRepeatable = false

    static func flag(_ name: String, letter: Character? = nil, _ summary: String) -> Self {
        Self(name: name, letter: letter, value: nil, summary: summary)
    }

    static func value(
        _ name: String, letter: Character? = nil, _ value: String, _ summary: String, isRequired: Bool = false,
        isRepeatable: Bool = false
    ) -> Self {
        Self(
            name: name, letter: letter, value: value, summary: summary, isRequired: isRequired,
            isRepeatable: isRepeatable)
    }

    /// Understood by every command.
    static let help = flag("help", letter: "h", "show this and do nothing")

    var usage: String {
        let text = "--\(name)" + (value.map { " \($0)" } ?? "")
        return isRequired ? text : "[\(text)]" + (isRepeatable ? "…" : "")
    }
}
