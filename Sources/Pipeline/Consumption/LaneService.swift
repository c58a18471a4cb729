import Sharing
import Messaging
import Observability
import ServiceRuntime

/// Consumes one lane: stops while an operator holds it, and goes on afterwards; what runs is never touched by that.
struct LaneService: Sendable {
    /// Between attempts to consume again after a pause.
    private static let retryDelay: Duration = .seconds(5)

    let lane: Lane
    let broker: any MessageBroker
    let throttle: ConsumerThrottle
    let control: ControlBoard
    let time: TimeSource
    let logger: Logger

    /// Consumes from `consumer` (`nil`: the lane is held) until `stop` is requested or consuming ends unasked; returns
    /// when what ran has ended.
    func run(_ consumer: (any MessageConsumer)?, until stop: ShutdownSignal) async {
        await withDiscardingTaskGroup { group in
            var next = consumer
            while !stop.isRequested, !Task.isCancelled {
                guard let consumer = next else {
                    next = await consumeAgain(until: stop)
                    continue
                }
                next = nil
                let asked = ShutdownSignal()
                let ended = ShutdownSignal()
                group.addTask { await cancel(consumer, asked: asked, ended: ended, stop: stop) }
                lane.load.beginConsuming()
                var ticket: Int?
                if let driver = lane.driver {
                    ticket = await throttle.attach(consumer, of: driver, channels: lane.options.channels)
                }
                await withTaskExecutorPreference(lane.isQuick ? consumer.executor : nil) {
                    for await delivery in consumer.deliveries {
                        lane.load.enter()
                        group.addTask {
                            await lane.handle(delivery)
                            lane.load.leave()
                        }
                    }
                }
                if let ticket { throttle.detach(ticket) }
                ended.request()
                lane.load.endConsuming()
                // Nobody asked for it: the broker was closed.
                if !asked.isRequested { return }
                if !stop.isRequested {
                    logger.info("queue is not consumed any more", [LogField("queue", lane.queue)])
                }
            }
            await next?.giveUp(to: broker)
        }
    }

    /// Cancels the consumer once the lane is held or all shall stop.
    private func cancel(
        _ consumer: any MessageConsumer, asked: ShutdownSignal, ended: ShutdownSignal, stop: ShutdownSignal
    ) async {
        await either({ await control.wait { lane.isHeld(in: $0) } }, { await either(stop.requested, ended.requested) })
        if ended.isRequested || Task.isCancelled { return }
        asked.request()
        await consumer.cancel()
    }

    /// Waits until the lane is open and consumes; `nil`: it did not come to that.
    private func consumeAgain(until stop: ShutdownSignal) async -> (any MessageConsumer)? {
        await either({ await control.wait { !lane.isHeld(in: $0) } }, stop.requested)
        if stop.isRequested || Task.isCancelled { return nil }
        do {
            let consumer = try await stop.cancelling { try await broker.consume(lane.queue, lane.options) }
            logger.info("queue is consumed again", [LogField("queue", lane.queue)])
            return consumer
        } catch {
            if stop.isRequested || Task.isCancelled { return nil }
            logger.error("queue cannot be consumed", [LogField("queue", lane.queue), LogField("error", "\(error)")])
            await either({ try? await time.sleep(Self.retryDelay) }, stop.requested)
            return nil
        }
    }
}
