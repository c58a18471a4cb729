import Sharing
package import Messaging
package import Observability
package import ServiceRuntime
import StowageContract
import StrictCoding

/// Reads what operators say and puts it on the board.
///
/// The stream is read from its first message at each start, so that a cancel or a pause survives restarts; only when
/// all that it held is known does the board say so. A stream tells nobody where it ends. Its last chunk is asked for
/// by a consumer of its own, which answers at once unless the stream is empty; the broker's count, which may be
/// seconds old, says for older messages that it is not (see `docs/decisions/0007-control-stream.md`).
package struct ControlListener: Service {
    /// How long a stream that looks empty may still send its last message.
    package static let patience: Duration = .milliseconds(50)
    /// How long a stream that is not empty may take until all that it holds is read.
    package static let limit: Duration = .seconds(60)
    private static let prefetch = 256

    private let broker: any MessageBroker
    private let queue: String
    private let board: ControlBoard
    private let blank: ControlState
    private let time: TimeSource
    private let logger: Logger
    private let metrics: MetricsRegistry

    /// A listener for the worker that `configuration` names.
    package init(
        configuration: PipelineConfiguration, broker: any MessageBroker, board: ControlBoard, time: TimeSource,
        logger: Logger, metrics: MetricsRegistry
    ) {
        self.broker = broker
        self.queue = configuration.names.control
        self.board = board
        self.blank = ControlState(worker: configuration.worker, drivers: configuration.drivers)
        self.time = time
        self.logger = logger
        self.metrics = metrics
    }

    /// The stream could not be read.
    package struct ControlUnreadable: Error, CustomStringConvertible {
        package var description: String
    }

    package func run() async throws {
        let consumer = try await consume("first", prefetch: Self.prefetch)
        do {
            let end = try await findEnd()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await listen(to: consumer, until: end) }
                group.addTask { try await guardReading() }
                defer { group.cancelAll() }
                while try await group.next() != nil {}
            }
        } catch {
            await consumer.cancel()
            throw error
        }
        await consumer.cancel()
    }

    private func consume(_ offset: String, prefetch: Int) async throws(BrokerError) -> any MessageConsumer {
        try await broker.consume(
            queue,
            ConsumerOptions(channels: 1, prefetch: prefetch, arguments: ["x-stream-offset": .string(offset)]))
    }

    // MARK: Where the stream ends

    /// What must have been read before the worker may work; `nil`: the stream is empty.
    private struct End: Sendable {
        /// Of the first message in the last chunk.
        var offset: Int64
        var count: Int
    }

    private func findEnd() async throws -> End? {
        let count = try await messageCount()
        let probe = try await consume("last", prefetch: 1)
        let last = await firstOffset(of: probe, within: count > 0 ? Self.limit : Self.patience)
        await probe.cancel()
        try Task.checkCancellation()
        guard let last else {
            if count == 0 { return nil }
            throw ControlUnreadable(description: "the stream \(queue) holds \(count) messages and sends none")
        }
        return End(offset: last, count: count)
    }

    private func messageCount() async throws -> Int {
        for await state in broker.states {
            if case .disconnected = state { continue }
            do throws(BrokerError) { return try await broker.messageCount(of: queue) } catch {
                if error.kind != .disconnected { throw error }
            }
        }
        try Task.checkCancellation()
        throw BrokerError(.closed, "the broker was closed")
    }

    private func firstOffset(of probe: any MessageConsumer, within patience: Duration) async -> Int64? {
        await withTaskGroup(of: Int64?.self) { group in
            group.addTask {
                for await delivery in probe.deliveries {
                    broker.settle(delivery, as: .acknowledge)
                    return delivery.streamOffset
                }
                return nil
            }
            group.addTask {
                try? await time.sleep(patience)
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }

    // MARK: Reading

    private func listen(to consumer: any MessageConsumer, until end: End?) async throws {
        var backlog: ControlState? = blank
        var received = 0
        func finishBacklog() {
            guard let state = backlog else { return }
            board.replace(with: state, now: time.now)
            backlog = nil
            logger.info(
                "control messages read",
                [LogField("count", received), LogField("cancellations", state.cancellationCount)])
        }
        if end == nil { finishBacklog() }
        for await delivery in consumer.deliveries {
            broker.settle(delivery, as: .acknowledge)
            received += 1
            if let order = order(delivery) {
                if backlog != nil { backlog?.apply(order, now: time.now) } else { obey(order) }
            }
            if let end, received >= end.count, delivery.streamOffset ?? .max >= end.offset { finishBacklog() }
        }
        try Task.checkCancellation()
        throw ControlUnreadable(description: "the stream \(queue) is not consumed any more")
    }

    /// Fails when the backlog takes too long: a worker that does not know what it must not do does nothing.
    private func guardReading() async throws {
        enum Sign: Sendable { case read, late }
        let sign = await withTaskGroup(of: Sign.self) { group in
            group.addTask {
                await board.read()
                return .read
            }
            group.addTask {
                try? await time.sleep(Self.limit)
                return .late
            }
            defer { group.cancelAll() }
            return await group.next() ?? .late
        }
        try Task.checkCancellation()
        if sign == .late {
            throw ControlUnreadable(description: "what the stream \(queue) holds did not arrive in time")
        }
    }

    private func order(_ delivery: Delivery) -> ControlOrder? {
        do throws(MemberProblem) {
            let order = try ControlOrder(delivery, now: time.now)
            metrics.counter("stowage_control_messages_total", [("command", order.message.command)]).increment()
            return order
        } catch {
            metrics.counter("stowage_control_refused_total").increment()
            logger.warning(
                "control message refused",
                [
                    LogField("user", delivery.properties.userID ?? ""), LogField("offset", delivery.streamOffset ?? -1),
                    LogField("error", "\(error)"),
                ])
            return nil
        }
    }

    private func obey(_ order: ControlOrder) {
        var fields = [LogField("command", order.message.command), LogField("user", order.by ?? "")]
        switch order.message {
        case .cancel(let task): fields.append(LogField("task.id", task.text))
        case .consumption(_, let driver, let worker):
            fields += [LogField("driver.name", driver?.text ?? "all"), LogField("worker", worker ?? "all")]
        }
        logger.info("control message", fields)
        let before = board.check { $0.forgotten > 0 }
        board.apply(order, now: time.now)
        guard !before, board.check({ $0.forgotten > 0 }) else { return }
        logger.warning("more tasks are cancelled than can be remembered: the oldest cancellations are forgotten")
    }
}

extension Delivery {
    /// Its place in the stream.
    fileprivate var streamOffset: Int64? { properties.headers["x-stream-offset"]?.integer }
}
