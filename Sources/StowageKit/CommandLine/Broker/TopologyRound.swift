import Messaging
import Pipeline
import StowageContract
import StrictCoding

/// Goes through all objects of the topology, whatever is wrong with some.
enum TopologyRound {
    static func run(
        _ line: ParsedCommand, in context: CommandContext, verb: String, passive: Bool
    ) async throws -> ExitCode {
        let access = try BrokerAccess(line, in: context)
        let topology = try TopologyChoice.topology(line, prefix: access.names.prefix, access.configuration)
        let isJSON = line.flag(CommonOption.json.name)
        let items = passive ? topology.exchanges + topology.queues : topology.items
        return try await BrokerSession.open(access, in: context) { session in
            var problems = 0
            for item in items {
                var problem: BrokerError?
                do throws(BrokerError) { try await session.broker.declare(item, passive: passive) } catch {
                    if error.kind == .disconnected || error.kind == .closed { throw error }
                    problem = error
                    problems += 1
                }
                if isJSON {
                    context.console.json([
                        "object": .string(item.text), "ok": .bool(problem == nil),
                        "problem": problem.map { .string(sentence($0)) } ?? .null,
                    ])
                } else if let problem {
                    context.console.problem("stowage \(line.name): \(item.text): \(sentence(problem))")
                }
            }
            if !isJSON {
                let drivers = topology.drivers.map(\.text).joined(separator: ", ")
                context.console.line("\(verb) \(items.count - problems) of \(items.count) objects for \(drivers)")
            }
            return problems == 0 ? .done : .usage
        }
    }

    private static func sentence(_ error: BrokerError) -> String {
        switch error.kind {
        case .notFound: "does not exist; run 'stowage topology declare' as an administrator"
        case .unavailable: "is there, but the broker cannot serve it now (\(error.message)); try again later"
        case .preconditionFailed:
            "exists with other arguments (\(error.message)); empty it, delete it by hand, and declare again"
        case .accessRefused: "the user may not do this (\(error.message)); use an administrator"
        default: error.message
        }
    }
}
