import StrictCoding

/// Takes a command line apart as `getopt_long` would: `--name value`, `--name=value`, `-h`, `--`, options before or
/// after arguments.
struct CommandParser: Sendable {
    enum Invocation: Sendable {
        case run(ParsedCommand)
        /// What to print instead.
        case help(String)
    }

    let program: String
    let summary: String
    let commands: [CommandSpecification]
    /// Options of every command, which may also stand before its name.
    let common: [OptionSpecification]

    /// A parser of these commands; `--help` is added to the common options.
    init(program: String, summary: String, commands: [CommandSpecification], common: [OptionSpecification] = []) {
        self.program = program
        self.summary = summary
        self.commands = commands
        self.common = common + [.help]
    }

    /// What a command line asks for.
    ///
    /// `line` comes without the name of the program.
    ///
    /// - Throws: what is wrong, in one line.
    func parse(_ line: [String]) throws(UsageError) -> Invocation {
        var scan = Scan(line)
        var words: [String] = []
        var command: CommandSpecification?
        while let token = scan.next() {
            switch token {
            case .option(let option):
                try take(option, &scan, of: command, words)
            case .argument(let text):
                if command == nil {
                    words.append(text)
                    command = try self.command(words)
                } else {
                    scan.arguments.append(text)
                }
            }
        }
        if command?.name == "help" { return .help(help(for: scan.arguments)) }
        if scan.values["help"] != nil { return .help(help(for: words)) }
        guard let command else {
            let next =
                words.isEmpty ? "a command is missing" : "\(words.joined(separator: " ")) needs a command of its own"
            throw UsageError(message: "\(program): \(next)", help: helpCommand(words))
        }
        let parsed = ParsedCommand(command, program: program, arguments: scan.arguments, values: scan.values)
        try check(parsed)
        return .run(parsed)
    }

    /// The words so far as a command; `nil`: a group, whose second word is to come.
    private func command(_ words: [String]) throws(UsageError) -> CommandSpecification? {
        if words == ["help"] { return CommandSpecification(name: "help", summary: "") }
        if let command = commands.first(where: { $0.words == words }) { return command }
        if words.count == 1, commands.contains(where: { $0.words.first == words[0] }) { return nil }
        let group = Array(words.dropLast())
        let known = commands.map(\.words).filter { $0.count > group.count && Array($0.prefix(group.count)) == group }
            .map { $0[group.count] }
        let hint = NearestName.of(words[group.count], among: known).map { "; did you mean \($0)?" } ?? ""
        let name = (group + [words[group.count].excerpt]).joined(separator: " ")
        throw UsageError(message: "\(program): there is no command \(name)\(hint)", help: helpCommand(group))
    }

    private func take(
        _ option: Scan.Option, _ scan: inout Scan, of command: CommandSpecification?, _ words: [String]
    ) throws(UsageError) {
        let place = ([program] + words).joined(separator: " ")
        func error(_ message: String) -> UsageError {
            UsageError(message: "\(place): \(message)", help: helpCommand(words))
        }
        let known = (command?.options ?? []) + common
        guard let specification = known.first(where: { option.isNamed($0) }) else {
            let all = command == nil ? known + commands.flatMap(\.options) : known
            if command == nil, all.contains(where: { option.isNamed($0) }) {
                throw error("\(option.shown) belongs behind the name of a command")
            }
            let hint = NearestName.of(option.name, among: known.map(\.name)).map { "; did you mean --\($0)?" } ?? ""
            throw error("\(option.shown) is not known\(hint)")
        }
        let name = specification.name
        guard let value = specification.value else {
            if option.isLong, option.value != nil { throw error("--\(name) takes no value") }
            scan.values[name, default: []] += []
            // `-ab` is `-a -b`.
            if let rest = option.value { scan.pushBack("-" + rest) }
            return
        }
        if scan.values[name] != nil, !specification.isRepeatable { throw error("--\(name) is given twice") }
        guard let text = option.value ?? scan.value() else {
            throw error("--\(name) needs a value: --\(name) \(value)")
        }
        if option.value == nil, known.contains(where: { text == "--" + $0.name }) || text == "--" {
            throw error("--\(name) needs a value before \(text); if that is the value, write --\(name)=\(text)")
        }
        if text.isEmpty { throw error("--\(name) must not be empty") }
        scan.values[name, default: []].append(text)
    }

    private func check(_ parsed: ParsedCommand) throws(UsageError) {
        for option in parsed.specification.options where option.isRequired && parsed.string(option.name) == nil {
            throw parsed.error("--\(option.name) \(option.value ?? "") is missing")
        }
        var least = 0
        var most: Int? = 0
        var missing: String?
        for argument in parsed.specification.arguments {
            switch argument.count {
            case .one:
                least += 1
                most = most.map { $0 + 1 }
            case .optional: most = most.map { $0 + 1 }
            case .any: most = nil
            case .atLeastOne:
                least += 1
                most = nil
            }
            if missing == nil, parsed.arguments.count < least { missing = argument.name }
        }
        if let missing { throw parsed.error("\(missing) is missing") }
        if let most, parsed.arguments.count > most {
            throw parsed.error("\(parsed.arguments[most].excerpt) is one argument too many")
        }
    }

    private func helpCommand(_ words: [String]) -> String {
        let isKnown = commands.contains { $0.words.starts(with: words) }
        return ([program] + (isKnown ? words : []) + ["--help"]).joined(separator: " ")
    }
}
