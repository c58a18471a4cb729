import ServiceRuntime
import Storage
import StowageContract
import StrictCoding

/// `stowage validate`.
enum ValidateCommand: Subcommand {
    static let specification = CommandSpecification(
        name: "validate", summary: "Check a configuration without connecting to anything",
        arguments: [ArgumentSpecification(name: "FILE", count: .optional, summary: "the configuration; like --config")],
        options: [CommonOption.json], notes: ["All problems are named at once; the exit code is 2 then."])

    static func run(_ line: ParsedCommand, in context: CommandContext) async throws -> ExitCode {
        let isJSON = line.flag(CommonOption.json.name)
        if !line.arguments.isEmpty, line.string(CommonOption.configuration.name) != nil {
            throw line.error("FILE and --config exclude each other")
        }
        let named = line.arguments.first ?? line.string(CommonOption.configuration.name)
        let loader = ConfigurationLoader(environment: context.environment)
        let file = loader.path(named: named)
        do throws(ConfigurationError) {
            let configuration = try loader.load(named: named, validate: context.drivers.validate)
            if isJSON {
                context.console.json(answer(file, drivers: configuration.drivers.map(\.name.text), problems: []))
            } else {
                context.console.line("\(file) is valid: \(configuration.drivers.count) drivers")
            }
            return .done
        } catch {
            if isJSON { context.console.json(answer(file, drivers: [], problems: error.problems)) }
            context.console.problem(error.description)
            return .usage
        }
    }

    private static func answer(_ file: String, drivers: [String], problems: [ConfigurationProblem]) -> JSONValue {
        [
            "file": .string(file), "valid": .bool(problems.isEmpty), "drivers": .array(drivers.map { .string($0) }),
            "problems": .array(
                problems.map { problem in
                    [
                        "path": .string(problem.path), "line": problem.line.map { .integer(Int64($0)) } ?? .null,
                        "message": .string(problem.message),
                    ]
                }),
        ]
    }
}
