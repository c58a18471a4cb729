extension CommandParser {
    /// The help for a command, a group of commands, or the program.
    func help(for words: [String], width: Int = 80) -> String {
        if let command = commands.first(where: { $0.words == words }) { return help(for: command, width: width) }
        let listed = commands.filter { $0.words.starts(with: words) }
        var text = HelpText(width: width)
        let isKnown = !words.isEmpty && !listed.isEmpty
        text.paragraph(
            ([program] + (isKnown ? words : []) + ["COMMAND", "…"]).joined(separator: " "), heading: "Usage:")
        if !isKnown { text.paragraph(summary) }
        text.table("Commands:", (isKnown ? listed : commands).map { ($0.name, $0.summary) })
        text.table("Options of every command:", common.map { (Self.names(of: $0), $0.summary) })
        text.paragraph("\(program) COMMAND --help tells more.")
        return text.text
    }

    private func help(for command: CommandSpecification, width: Int) -> String {
        var text = HelpText(width: width)
        let parts = command.arguments.map(\.usage) + command.options.map(\.usage)
        text.paragraph(([program, command.name] + parts).joined(separator: " "), heading: "Usage:")
        text.paragraph(command.summary + ".")
        text.table("Arguments:", command.arguments.map { ($0.name, $0.summary) })
        text.table("Options:", (command.options + common).map { (Self.names(of: $0), $0.summary) })
        for note in command.notes { text.paragraph(note) }
        return text.text
    }

    private static func names(of option: OptionSpecification) -> String {
        (option.letter.map { "-\($0), " } ?? "") + "--\(option.name)" + (option.value.map { " \($0)" } ?? "")
    }
}

/// Text in lines of a width, in paragraphs and tables of two columns.
struct HelpText {
    let width: Int
    private(set) var text = ""

    init(width: Int) {
        self.width = max(40, width)
    }

    mutating func paragraph(_ content: String, heading: String = "") {
        separate()
        let start = heading.isEmpty ? "" : heading + " "
        append(content, first: start, indentation: start.count)
    }

    mutating func table(_ heading: String, _ rows: [(name: String, meaning: String)]) {
        guard !rows.isEmpty else { return }
        separate()
        text += heading + "\n"
        let column = min(rows.map(\.name.count).max() ?? 0, 26) + 4
        for row in rows {
            var first = "  " + row.name
            if first.count + 2 > column {
                text += first + "\n"
                first = ""
            }
            append(row.meaning, first: first.padded(to: column), indentation: column)
        }
    }

    private mutating func separate() {
        if !text.isEmpty { text += "\n" }
    }

    private mutating func append(_ content: String, first: String, indentation: Int) {
        var line = first
        var isEmpty = true
        for word in content.split(separator: " ") {
            if !isEmpty, line.count + 1 + word.count > width {
                text += line + "\n"
                line = "".padded(to: indentation)
                isEmpty = true
            }
            if !isEmpty { line += " " }
            line += word
            isEmpty = false
        }
        text += line + "\n"
    }
}

extension String {
    /// Filled up with spaces.
    func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}
