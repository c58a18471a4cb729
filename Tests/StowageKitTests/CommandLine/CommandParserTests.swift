import Testing

@testable import StowageKit

@Suite("CommandParser")
struct CommandParserTests {
    static let parser = CommandParser(
        program: "stowage", summary: "Stores archives.",
        commands: [
            CommandSpecification(
                name: "store", summary: "Store files",
                arguments: [ArgumentSpecification(name: "FILE", count: .atLeastOne, summary: "what to store")],
                options: [
                    .value("driver", letter: "d", "NAME", "where to", isRequired: true),
                    .value("label", "TEXT", "shown in events", isRepeatable: true),
                    .flag("wait", letter: "w", "until it is done"),
                    .flag("quiet", letter: "q", "say nothing"), .value("timeout", letter: "t", "SECONDS", "how long"),
                ], notes: ["Files beyond the cap must lie below a spool root."]),
            CommandSpecification(
                name: "task", summary: "Publish a task",
                arguments: [ArgumentSpecification(name: "FILE", summary: "the task; - reads standard input")]),
            CommandSpecification(
                name: "check", summary: "Check drivers",
                arguments: [ArgumentSpecification(name: "DRIVER", count: .any, summary: "which")]),
            CommandSpecification(name: "version", summary: "Show the version"),
            CommandSpecification(name: "dead list", summary: "List parked tasks"),
            CommandSpecification(
                name: "dead show", summary: "Show a parked task",
                arguments: [ArgumentSpecification(name: "TASK", count: .optional, summary: "its id")]),
        ],
        common: [.value("config", "FILE", "the configuration"), .flag("json", "for programs")])

    func parsed(_ line: [String]) throws -> ParsedCommand {
        guard case .run(let command) = try Self.parser.parse(line) else {
            throw UsageError(message: "help came", help: "")
        }
        return command
    }

    func help(_ line: [String]) throws -> String {
        guard case .help(let text) = try Self.parser.parse(line) else {
            throw UsageError(message: "no help came", help: "")
        }
        return text
    }

    static let same: [[String]] = [
        ["store", "--driver", "a", "--wait", "x", "y"], ["store", "x", "y", "--wait", "--driver=a"],
        ["store", "x", "-da", "-w", "y"], ["store", "-w", "-d", "a", "--", "x", "y"],
        ["store", "-wd", "a", "x", "y"], ["store", "-wda", "x", "--", "y"],
    ]

    @Test("Options may stand before, between and behind arguments, in every spelling", arguments: same)
    func spellings(_ line: [String]) throws {
        let command = try parsed(line)
        #expect(command.name == "store")
        #expect(command.arguments == ["x", "y"])
        #expect(command.string("driver") == "a")
        #expect(command.flag("wait"))
        #expect(!command.flag("quiet") && !command.flag("json"))
    }

    @Test("Common options are understood by every command, before its name too")
    func common() throws {
        for line in [
            ["--config", "c", "version"], ["version", "--config=c"], ["--config=c", "dead", "list"],
            ["dead", "--config", "c", "list"], ["dead", "list", "--config", "c"],
        ] {
            #expect(try parsed(line).string("config") == "c")
        }
        #expect(try parsed(["--json", "version"]).flag("json"))
    }

    @Test("Behind -- everything is an argument, and a single dash always is")
    func dashes() throws {
        #expect(try parsed(["store", "-d", "a", "--", "-w", "--", "--help"]).arguments == ["-w", "--", "--help"])
        #expect(try parsed(["task", "-"]).arguments == ["-"])
    }

    @Test("Values keep their equals signs, dashes and spaces")
    func values() throws {
        let command = try parsed(["store", "x", "--driver=a=b", "--label", "-1 x", "--label=--wait", "--label", "é"])
        #expect(command.string("driver") == "a=b")
        #expect(command.strings("label") == ["-1 x", "--wait", "é"])
    }

    static let wrong: [([String], String)] = [
        ([], "stowage: a command is missing; see stowage --help"),
        (["sotre"], "stowage: there is no command “sotre”; did you mean store?; see stowage --help"),
        (["xyzzy"], "stowage: there is no command “xyzzy”; see stowage --help"),
        (["dead"], "stowage: dead needs a command of its own; see stowage dead --help"),
        (["dead", "lst"], "stowage: there is no command dead “lst”; did you mean list?; see stowage dead --help"),
        (
            ["store", "x", "--drvier", "a"],
            "stowage store: --drvier is not known; did you mean --driver?; see stowage store --help"
        ),
        (["store", "x", "-z"], "stowage store: -z is not known; see stowage store --help"),
        (["--driver", "a", "store"], "stowage: --driver belongs behind the name of a command; see stowage --help"),
        (["store", "x"], "stowage store: --driver NAME is missing; see stowage store --help"),
        (["store", "-d", "a"], "stowage store: FILE is missing; see stowage store --help"),
        (["store", "x", "--driver"], "stowage store: --driver needs a value: --driver NAME; see stowage store --help"),
        (["store", "x", "--driver="], "stowage store: --driver must not be empty; see stowage store --help"),
        (
            ["store", "x", "--driver", "--wait"],
            "stowage store: --driver needs a value before --wait; if that is the value, write --driver=--wait; see stowage store --help"
        ),
        (
            ["store", "x", "-d", "a", "--driver", "b"],
            "stowage store: --driver is given twice; see stowage store --help"
        ),
        (["store", "x", "-d", "a", "--wait=yes"], "stowage store: --wait takes no value; see stowage store --help"),
        (["version", "x"], "stowage version: “x” is one argument too many; see stowage version --help"),
        (["task"], "stowage task: FILE is missing; see stowage task --help"),
        (["dead", "show", "a", "b"], "stowage dead show: “b” is one argument too many; see stowage dead show --help"),
        (["version", "--\u{1B}[2J"], "stowage version: --?[2J is not known; see stowage version --help"),
    ]

    @Test("What is wrong is said in one line, with what to do next", arguments: wrong)
    func errors(line: [String], expected: String) {
        let error = #expect(throws: UsageError.self) { try Self.parser.parse(line) }
        #expect(error?.description == expected)
    }

    enum Level: String, CaseIterable { case low, high }

    @Test("Values are read as what they must be")
    func typed() throws {
        let command = try parsed(["store", "x", "-d", "hgh", "-t", "30"])
        #expect(try command.integer("timeout", in: 1...60) == 30)
        #expect(try command.integer("label", in: 1...60) == nil)
        #expect(try command.required("driver") == "hgh")
        let range = #expect(throws: UsageError.self) { try command.integer("timeout", in: 1...20) }
        #expect(
            range?.description
                == "stowage store: --timeout must be a whole number from 1 to 20, not “30”; see stowage store --help")
        let choice = #expect(throws: UsageError.self) { try command.choice("driver", of: Level.self) }
        #expect(
            choice?.message == "stowage store: --driver must be one of low, high, not “hgh”; did you mean high?")
        #expect(throws: UsageError.self) { try command.required("label") }
        #expect(throws: UsageError.self) { try command.integer("driver", in: 0 ... .max) }
    }

    @Test("Help is there for the program, a group and a command, wherever it is asked for")
    func helps() throws {
        let program = try help(["--help"])
        #expect(program.hasPrefix("Usage: stowage COMMAND …\n\nStores archives.\n\nCommands:\n"))
        #expect(program.contains("  dead list  List parked tasks\n"))
        #expect(try help(["-h"]) == program)
        #expect(try help(["help"]) == program)
        let group = try help(["dead", "--help"])
        #expect(group.contains("dead show") && !group.contains("version "))
        let command = try help(["store", "--help"])
        #expect(try help(["help", "store"]) == command)
        #expect(try help(["store", "x", "-h"]) == command)
        #expect(
            command == """
                Usage: stowage store FILE… --driver NAME [--label TEXT]… [--wait] [--quiet]
                       [--timeout SECONDS]

                Store files.

                Arguments:
                  FILE  what to store

                Options:
                  -d, --driver NAME      where to
                  --label TEXT           shown in events
                  -w, --wait             until it is done
                  -q, --quiet            say nothing
                  -t, --timeout SECONDS  how long
                  --config FILE          the configuration
                  --json                 for programs
                  -h, --help             show this and do nothing

                Files beyond the cap must lie below a spool root.

                """)
    }

    @Test("Help is never wider than its width", arguments: [40, 60, 80, 200])
    func width(_ width: Int) {
        for words in [[], ["dead"], ["store"], ["task"]] {
            let widest = Self.parser.help(for: words, width: width).split(separator: "\n").map(\.count).max() ?? 0
            #expect(widest <= width)
        }
    }
}

@Suite("ExitCode")
struct ExitCodeTests {
    @Test("The codes are those of the contract")
    func codes() {
        let codes: [ExitCode] = [.done, .taskFailed, .usage, .brokerUnreachable, .timedOut]
        #expect(codes.map(\.rawValue) == [0, 1, 2, 3, 4])
    }
}
