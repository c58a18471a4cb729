package import Messaging

extension Topology {
    /// Makes what is missing; never changes or deletes what is there.
    ///
    /// - Throws: `TopologyIncomplete` naming the object.
    package func declare(on broker: any MessageBroker) async throws(TopologyIncomplete) {
        for item in items {
            do throws(BrokerError) { try await broker.declare(item, passive: false) } catch {
                throw TopologyIncomplete(item: item.text, reason: error)
            }
        }
    }

    /// Looks whether everything that a worker writes to and consumes is there.
    ///
    /// Only that: a broker from 4.3 on refuses to say anything about objects that the user may not use.
    /// - Throws: `TopologyIncomplete` naming the first object that is missing.
    package func verifyForWorker(on broker: any MessageBroker) async throws(TopologyIncomplete) {
        var written: Set<String> = [names.tasks, names.events, names.replies, names.dead]
        written.formUnion(levels.map { names.retry($0) })
        var consumed: Set<String> = [names.undertaker, names.control]
        for driver in drivers { consumed.formUnion([names.slowQueue(driver), names.quickQueue(driver)]) }
        for item in exchanges + queues {
            switch item {
            case .exchange(let name, _, _) where written.contains(name): break
            case .queue(let name, _) where consumed.contains(name): break
            default: continue
            }
            do throws(BrokerError) { try await broker.declare(item, passive: true) } catch {
                throw TopologyIncomplete(item: item.text, reason: error)
            }
        }
    }
}

/// An exchange or queue is missing, or is not what it should be.
package struct TopologyIncomplete: Error, CustomStringConvertible {
    package var item: String
    package var reason: BrokerError

    package var description: String {
        switch reason.kind {
        case .notFound: "\(item) does not exist: run `stowage topology declare`"
        case .preconditionFailed: "\(item) exists with other arguments: \(reason.message)"
        default: "\(item): \(reason.message)"
        }
    }
}

extension TopologyItem {
    /// For people: `queue stowage.dead`.
    package var text: String {
        switch self {
        case .exchange(let name, _, _): "exchange \(name)"
        case .queue(let name, _): "queue \(name)"
        case .binding(let binding): "binding \(binding.exchange) → \(binding.queue) (\(binding.routingKey))"
        }
    }
}
