import Sharing
import Messaging
import StowageContract

/// Shows what arrives on the events' exchange.
struct EventViewer: Sendable {
    let broker: any MessageBroker
    let exchange: String
    let filters: [String]
    let context: CommandContext
    let isJSON: Bool

    /// Shows `count` events; after a lost connection it asks anew, and says that some may be missing.
    func run(count: Int) async throws -> ExitCode {
        var left = count
        var transfer = TransferDisplay(console: context.console, time: context.time)
        while true {
            let queue = try await broker.declareTemporaryQueue(
                bindings: filters.map { TopologyItem.Binding(exchange: exchange, queue: "", routingKey: $0) })
            let consumer = try await broker.consume(queue, ConsumerOptions(channels: 1, prefetch: 256))
            for await delivery in consumer.deliveries {
                broker.settle(delivery, as: .acknowledge)
                guard case .complete(let body) = delivery.body else { continue }
                show(body, delivery.routingKey, &transfer)
                left -= 1
                if left == 0 {
                    transfer.clear()
                    return .done
                }
            }
            try Task.checkCancellation()
            transfer.clear()
            try await BrokerArrival(broker: broker, time: context.time).wait()
            context.console.note("the connection was lost and is back: events may be missing here")
        }
    }

    private func show(_ body: [UInt8], _ key: String, _ transfer: inout TransferDisplay) {
        if isJSON {
            context.console.write(body.filter { $0 != 0x0A && $0 != 0x0D } + [0x0A])
            return
        }
        guard let event = try? StowageEvent.read(body: body) else {
            transfer.clear()
            context.console.line("\(key)  (an event that this version does not know)")
            return
        }
        if case .task(let task) = event, case .progress(let done, let total) = task.happening,
            context.console.errorOutput.isInteractive
        {
            transfer.show(task.task, id: task.id, task: task.task, done: done, total: total)
            return
        }
        transfer.clear()
        context.console.line(EventText.line(event))
    }
}
