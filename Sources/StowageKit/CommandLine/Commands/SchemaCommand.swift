import StowageContract
import StrictCoding

/// `stowage schema`.
enum SchemaCommand: Subcommand {
    static let specification = CommandSpecification(
        name: "schema", summary: "Write the contract of the messages",
        arguments: [
            ArgumentSpecification(
                name: "KIND", count: .optional,
                summary: "task, event, handle or control (JSON Schema), or asyncapi (AsyncAPI 3); else asyncapi")
        ], options: [.flag("json", "on one line")])

    static func run(_ line: ParsedCommand, in context: CommandContext) async throws -> ExitCode {
        let document: JSONValue
        switch line.arguments.first ?? "asyncapi" {
        case "task": document = StowageSchema.task
        case "event": document = StowageSchema.event
        case "handle": document = StowageSchema.handle
        case "control": document = StowageSchema.control
        case "asyncapi": document = StowageSchema.asyncAPI
        case let kind: throw line.error("there is no schema \(kind.excerpt): task, event, handle, control or asyncapi")
        }
        let layout: JSONWriter.Layout = line.flag("json") ? .compact : .pretty
        context.console.text(JSONWriter.text(of: document, layout: layout) + "\n")
        return .done
    }
}
