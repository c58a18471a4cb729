import FileSystem
import Messaging
import Pipeline
import ServiceRuntime
import Storage
import StowageContract

/// Runs a task as a worker would, but alone: no broker, no second attempt.
struct TaskBench {
    enum End {
        case succeeded(TaskResult, TaskEvent, removal: (any SourceRemoval)?)
        case failed(ErrorReport, TaskEvent)
    }

    private static let user = "local"

    let configuration: StowageConfiguration
    let api: StorageAPI
    let blocking: BlockingPool
    let locations: Locations
    let time: TimeSource
    let watchdog: Watchdog

    /// One attempt, with the checks that a worker makes before it.
    func attempt(_ request: TaskRequest) async -> End {
        let names = TopologyNames(prefix: configuration.broker.prefix)
        let pipeline = PipelineConfiguration(
            names: names, worker: "run", inlineBytes: configuration.limits.inlineBytes,
            retry: configuration.retry.policy, drivers: configuration.drivers.map(\.name))
        let reader = TaskReader(trust: HeaderTrust(users: []), inlineBytes: pipeline.inlineBytes) { [api] in
            api.settings(of: $0)
        }
        let received: ReceivedTask
        do throws(UnreadableTask) {
            received = try reader.read(delivery(of: request, names), now: time.now)
        } catch {
            switch error {
            case .refused(_, let report, _), .notRepublishable(_, let report):
                return .failed(report, event(request, .failed(report, attempts: [], possibleCopies: [])))
            }
        }
        let runner = TaskRunner(
            configuration: pipeline, api: api, spool: SpoolRoots(configuration.spool.roots), blocking: blocking,
            locations: locations, time: time,
            watch: TaskWatch(watchdog: watchdog, progressInterval: configuration.events.progressInterval))
        let start = time.monotonic
        let judged = await runner.run(received, isShuttingDown: { false })
        let milliseconds = (time.monotonic - start).milliseconds
        switch judged.verdict {
        case .succeeded(let result, let removal):
            let happening = TaskEvent.Happening.succeeded(
                result, durationMilliseconds: milliseconds, attempts: [judged.record])
            return .succeeded(result, event(request, happening), removal: removal)
        case .retry(let report, _, _, _), .failover(let report, _, _), .failed(let report, _):
            return .failed(report, event(request, .failed(report, attempts: [judged.record], possibleCopies: [])))
        case .postpone:
            let report = ErrorReport(
                code: .unavailable, message: "options.notBefore has not come", retryable: true, place: .task)
            return .failed(report, event(request, .failed(report, attempts: [], possibleCopies: [])))
        case .handBack, .handOver, .cancelled:
            let report = ErrorReport(code: .cancelled, message: "the task was stopped", retryable: true, place: .task)
            return .failed(report, event(request, .cancelled(by: nil)))
        }
    }

    /// The task as it would have come from the broker, with somebody who waits for the bytes.
    private func delivery(of request: TaskRequest, _ names: TopologyNames) -> Delivery {
        var properties = MessageProperties()
        properties.messageID = request.id.text
        properties.replyTo = RandomText.replyKey
        properties.userID = Self.user
        return Delivery(
            queue: names.slowQueue(request.driver), exchange: names.tasks, routingKey: request.routingKey,
            isRedelivered: false, properties: properties, body: .complete(request.body),
            tag: DeliveryTag(generation: 0, channel: 0, number: 0))
    }

    private func event(_ request: TaskRequest, _ happening: TaskEvent.Happening) -> TaskEvent {
        TaskEvent(
            id: request.id.text, source: "/stowage/run", time: time.now, task: request.id.text,
            operation: request.operation, driver: request.driver, attempt: 1, worker: "run", sequence: 1,
            happening: happening)
    }
}
