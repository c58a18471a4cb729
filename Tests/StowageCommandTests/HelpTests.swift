import Testing

@testable import StowageKit

@Suite("Help")
struct HelpTests {
    private let parser = StowageCommand.parser

    private func help(_ line: String...) throws -> String {
        guard case .help(let text) = try parser.parse(line) else { return "" }
        return text
    }

    @Test(
        "every command explains itself in at most 100 columns and names every option",
        arguments: AllCommands.all.indices)
    func everyCommand(index: Int) throws {
        let specification = AllCommands.all[index].specification
        let text = parser.help(for: specification.words, width: 100)
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 100 })
        for option in specification.options + parser.common { #expect(text.contains("--\(option.name)")) }
        for argument in specification.arguments { #expect(text.contains(argument.name)) }
        #expect(text.contains(specification.summary))
        #expect(try help(specification.words[0], specification.words.last ?? "", "--help").isEmpty == false)
    }

    @Test("the program lists every command")
    func program() throws {
        let text = try help("--help")
        for command in AllCommands.all { #expect(text.contains("  \(command.specification.name) ")) }
    }

    @Test("no command has two options of one name or letter", arguments: AllCommands.all.indices)
    func unique(index: Int) {
        let options = AllCommands.all[index].specification.options + parser.common
        #expect(Set(options.map(\.name)).count == options.count)
        let letters = options.compactMap(\.letter)
        #expect(Set(letters).count == letters.count)
    }

    @Test("summaries are parts of sentences: no full stop, one line")
    func summaries() {
        for command in AllCommands.all {
            #expect(!command.specification.summary.hasSuffix("."))
            for option in command.specification.options { #expect(!option.summary.hasSuffix(".")) }
        }
    }

    @Test("--config may stand before or after the command")
    func configurationAnywhere() async throws {
        let bench = try CommandBench(variables: [:])
        for line in [
            ["--config", "/nowhere", "validate"], ["validate", "--config=/nowhere"], ["-c", "/nowhere", "validate"],
        ] {
            let output = await bench.run(line)
            #expect(output.code == .usage)
            #expect(output.err == "/nowhere: does not exist\n")
        }
    }

    @Test("a mistake gives 2 and one line that says what was meant")
    func mistakes() async throws {
        let bench = try CommandBench()
        for (line, message) in [
            (["stor"], "stowage: there is no command “stor”; did you mean store?; see stowage --help\n"),
            (["store", "x"], "stowage store: --driver NAME is missing; see stowage store --help\n"),
            (
                ["store", "x", "--driver", "a", "--retention", "forever"],
                "stowage store: --retention must be governance:UNTIL or compliance:UNTIL with a date or an RFC 3339 time, "
                    + "such as governance:2029-11-20T00:00:00Z; see stowage store --help\n"
            ),
            (
                ["dead", "replay"],
                "stowage dead replay: say which: task ids, --driver, --code, or --all; see stowage dead replay --help\n"
            ),
            (
                ["dead", "replay", "--code", "conflikt"],
                "stowage dead replay: --code must be one of invalid-task, unknown-driver, unsupported, not-found, conflict, "
                    + "integrity-mismatch, permission-denied, unauthenticated, retained, read-only, out-of-space, too-large, "
                    + "rate-limited, unavailable, timed-out, expired, cancelled, poison, unexpected, not “conflikt”; "
                    + "did you mean conflict?; see stowage dead replay --help\n"
            ),
        ] {
            let output = await bench.run(line)
            #expect(output.code == .usage)
            #expect(output.err == message)
            #expect(output.out.isEmpty)
        }
    }
}
