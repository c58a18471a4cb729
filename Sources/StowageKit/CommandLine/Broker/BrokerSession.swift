import Messaging
import Pipeline

/// A connection to the broker for the length of one command.
struct BrokerSession: Sendable {
    let broker: any MessageBroker
    let access: BrokerAccess

    var names: TopologyNames { access.names }

    /// Runs `body` with a connected broker and closes it, whatever happens.
    ///
    /// - Throws: `.brokerUnreachable` when there is no connection after ten seconds.
    static func open(
        _ line: ParsedCommand, in context: CommandContext, _ body: (BrokerSession) async throws -> ExitCode
    ) async throws -> ExitCode {
        try await open(BrokerAccess(line, in: context), in: context, body)
    }

    static func open(
        _ access: BrokerAccess, in context: CommandContext, _ body: (BrokerSession) async throws -> ExitCode
    ) async throws -> ExitCode {
        let broker = try context.connect(access)
        do {
            try await BrokerArrival(broker: broker, time: context.time).wait()
            let code = try await body(BrokerSession(broker: broker, access: access))
            await broker.close()
            return code
        } catch {
            await broker.close()
            throw error
        }
    }
}
