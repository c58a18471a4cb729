package import Messaging
package import Pipeline
package import ServiceRuntime
import StowageContract

/// Sends tasks and follows them by their events; for producers and the command line.
package struct TaskClient: Sendable {
    /// Publishes that wait for their confirm at the same time.
    static let window = 32
    /// How often a task is sent again when the connection is lost before the confirm; the id makes it the same task.
    private static let sendings = 3

    package let names: TopologyNames
    /// The `app-id` of what is sent; its events carry it in their routing key.
    package let app: String
    let broker: any MessageBroker
    let time: TimeSource

    package init(
        broker: any MessageBroker, names: TopologyNames, app: String = RandomText.app, time: TimeSource = .system
    ) {
        self.broker = broker
        self.names = names
        self.app = app
        self.time = time
    }

    /// Publishes a task and returns when the broker has it.
    ///
    /// Publishing again after a lost connection is safe: the same id is the same task.
    /// `replyTo`: 22 to 128 characters `[A-Za-z0-9_-]`; random, because it is the secret.
    package func send(_ request: TaskRequest, replyTo: String? = nil) async throws(TaskClientError) {
        let message = message(request, replyTo: replyTo)
        var sending = 1
        while true {
            do throws(BrokerError) {
                switch try await broker.publish(message) {
                case .confirmed: return
                case .returned(let code, let text):
                    throw BrokerError(.notFound, "no queue takes \(request.routingKey) (\(code) \(text))")
                }
            } catch {
                guard error.kind == .disconnected, sending < Self.sendings else {
                    throw TaskClientError(error, doing: "sending task \(request.id)")
                }
                sending += 1
                try await BrokerArrival(broker: broker, time: time).wait()
            }
        }
    }

    /// Publishes tasks, several at a time, and returns when the broker has answered for all of them.
    ///
    /// `told` is called for each, one after the other; with the error of one that was not sent.
    package func send(
        _ requests: AsyncStream<TaskRequest>, replyTo: String? = nil,
        told: (TaskRequest, TaskClientError?) async -> Void
    ) async {
        let (answers, mailbox) = AsyncStream.makeStream(of: (TaskRequest, TaskClientError?).self)
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await withTaskGroup(of: Void.self) { publishes in
                    var underway = 0
                    for await request in requests {
                        if underway == Self.window {
                            await publishes.next()
                            underway -= 1
                        }
                        underway += 1
                        publishes.addTask { mailbox.yield((request, await failure(sending: request, replyTo))) }
                    }
                }
                mailbox.finish()
            }
            for await (request, error) in answers { await told(request, error) }
        }
    }

    private func failure(sending request: TaskRequest, _ replyTo: String?) async -> TaskClientError? {
        do throws(TaskClientError) {
            try await send(request, replyTo: replyTo)
            return nil
        } catch {
            return error
        }
    }

    private func message(_ request: TaskRequest, replyTo: String?) -> OutgoingMessage {
        var properties = MessageProperties()
        properties.contentType = "application/json"
        properties.messageID = request.id.text
        properties.appID = app
        properties.replyTo = replyTo
        properties.timestamp = time.millisecondsSinceEpoch / 1000
        return OutgoingMessage(
            exchange: names.tasks, routingKey: request.routingKey, isMandatory: true, properties: properties,
            body: request.body)
    }
}
