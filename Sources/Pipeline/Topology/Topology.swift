package import Messaging
package import StowageContract

/// Every exchange, queue and binding that Stowage needs, in the order in which they can be made.
///
/// Arguments carry identity and data safety only, because they cannot be changed later; everything tunable is a policy.
package struct Topology: Sendable {
    package let names: TopologyNames
    package let drivers: [DriverName]
    package let levels: [RetryLevel]

    package init(prefix: String, drivers: [DriverName], levels: [RetryLevel]) {
        self.names = TopologyNames(prefix: prefix)
        self.drivers = drivers
        self.levels = levels
    }

    package var items: [TopologyItem] { exchanges + queues + bindings.map { .binding($0) } }

    package var exchanges: [TopologyItem] {
        // A dead-letter exchange must exist before what dead-letters into it: rejecting into a missing one loses data.
        [
            .exchange(name: names.deadLetters, kind: .fanout, arguments: [:]),
            .exchange(name: names.dead, kind: .fanout, arguments: [:]),
            .exchange(
                name: names.tasks, kind: .topic, arguments: ["alternate-exchange": .string(names.deadLetters)]),
            .exchange(name: names.events, kind: .topic, arguments: [:]),
            .exchange(name: names.replies, kind: .direct, arguments: [:]),
            .exchange(name: names.control, kind: .fanout, arguments: [:]),
        ] + levels.map { .exchange(name: names.retry($0), kind: .fanout, arguments: [:]) }
    }

    package var queues: [TopologyItem] {
        var queues: [TopologyItem] = [
            .queue(
                name: names.dead,
                // −1 destroys messages at the first requeue on 3.10, the default of 20 destroys them on 4.x.
                arguments: ["x-queue-type": .string("quorum"), "x-delivery-limit": .integer(1_000_000)]),
            .queue(name: names.undertaker, arguments: deadLettering(to: names.dead, deliveryLimit: 20)),
            .queue(
                name: names.control,
                arguments: ["x-queue-type": .string("stream"), "x-max-age": .string("7D")]),
        ]
        for level in levels {
            var arguments = deadLettering(to: names.tasks, deliveryLimit: nil)
            arguments["x-message-ttl"] = .integer(level.milliseconds)
            queues.append(.queue(name: names.retry(level), arguments: arguments))
        }
        for driver in drivers {
            for name in [names.slowQueue(driver), names.quickQueue(driver)] {
                queues.append(.queue(name: name, arguments: deadLettering(to: names.deadLetters, deliveryLimit: 20)))
            }
        }
        return queues
    }

    package var bindings: [TopologyItem.Binding] {
        var bindings = [
            TopologyItem.Binding(exchange: names.deadLetters, queue: names.undertaker, routingKey: ""),
            TopologyItem.Binding(exchange: names.dead, queue: names.dead, routingKey: ""),
            TopologyItem.Binding(exchange: names.control, queue: names.control, routingKey: ""),
        ]
        for level in levels {
            bindings.append(
                TopologyItem.Binding(exchange: names.retry(level), queue: names.retry(level), routingKey: ""))
        }
        for driver in drivers {
            for operation in Operation.allCases {
                bindings.append(
                    TopologyItem.Binding(
                        exchange: names.tasks,
                        queue: operation.isQuick ? names.quickQueue(driver) : names.slowQueue(driver),
                        routingKey: "\(driver).\(operation.rawValue)"))
            }
        }
        return bindings
    }

    /// A quorum queue whose dead letters survive a crash of the broker.
    ///
    /// At-least-once dead-lettering needs `reject-publish`; without it the broker silently falls back to at-most-once.
    private func deadLettering(to exchange: String, deliveryLimit: Int64?) -> FieldTable {
        var arguments: FieldTable = [
            "x-queue-type": .string("quorum"),
            "x-dead-letter-exchange": .string(exchange),
            "x-dead-letter-strategy": .string("at-least-once"),
            "x-overflow": .string("reject-publish"),
        ]
        if let deliveryLimit { arguments["x-delivery-limit"] = .integer(deliveryLimit) }
        return arguments
    }
}
