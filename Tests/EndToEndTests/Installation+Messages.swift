import Foundation
import Messaging
import Observability
import ServiceRuntime
import StowageContract
import TestSupport

extension Installation {
    /// Publishes a body to `stowage.tasks` as the producer until it is confirmed, always the same message.
    func send(
        _ body: some Sequence<UInt8>, to key: String, _ change: (inout MessageProperties) -> Void = { _ in }
    ) async throws {
        var properties = MessageProperties()
        properties.contentType = "application/json"
        properties.appID = Role.producer.user
        properties.userID = Role.producer.user
        change(&properties)
        let message = OutgoingMessage(
            exchange: "stowage.tasks", routingKey: key, isMandatory: true, properties: properties, body: Array(body))
        while true {
            do throws(BrokerError) {
                guard try await producer.publish(message) == .confirmed else {
                    throw BrokerError(.notFound, "the broker returned the task")
                }
                return
            } catch {
                guard error.kind == .disconnected || error.kind == .refused else { throw error }
            }
            // As the broker comes back.
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// Publishes a task as JSON, under its own routing key.
    func send(_ task: TaskDocument, _ change: (inout MessageProperties) -> Void = { _ in }) async throws {
        try await send(task.bytes, to: "\(task.driver).\(task.operation)") { properties in
            properties.messageID = task.id
            change(&properties)
        }
    }

    /// Publishes a task and waits for its final event.
    @discardableResult
    func run(_ task: TaskDocument) async throws -> EventCollector.Arrived {
        try await send(task)
        return try await events.final(of: task.id)
    }

    /// The parked tasks, as the operator sees them.
    func parked() async throws -> [[String: Any]] {
        let command = try await stowage(as: .operator_, "dead", "list", "--json")
        guard command.exit == .code(0) else { throw UnexpectedTurn(command.errors) }
        return command.documents
    }

    /// A connection of its own for a part; to be closed.
    func broker(as role: Role) throws -> AMQPBroker {
        let url = server.url(user: role.user, password: Self.password, virtualHost: virtualHost)
        return AMQPBroker(AMQPConfiguration(urls: [try AMQPURL(url)]), logger: RecordingLogSink().logger)
    }

    /// How many messages are ready in each queue of ours that has any; the workers must have ended.
    func messagesLeft() async throws -> [String: Int] {
        let broker = try broker(as: .administrator)
        do {
            try await broker.waitUntilConnected(within: .seconds(20))
            var left: [String: Int] = [:]
            let levels = settings.delays.filter { !"[] ".contains($0) }.split(separator: ",")
            let queues =
                settings.drivers.flatMap { ["stowage.tasks.\($0.name)", "stowage.tasks.\($0.name)-quick"] }
                + levels.map { "stowage.retry.\($0)" } + ["stowage.undertaker", "stowage.dead"]
            for queue in queues {
                var count = 0
                while try await broker.get(queue) != nil { count += 1 }
                if count > 0 { left[queue] = count }
            }
            await broker.close()
            return left
        } catch {
            await broker.close()
            throw error
        }
    }
}
