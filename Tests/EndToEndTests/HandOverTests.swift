import Foundation
import StowageContract
import TestSupport
import Testing

extension EndToEnd {
    /// Tasks that take longer than the broker waits for an acknowledgement.
    @Suite("Hand-over", .timeLimit(.minutes(3)))
    struct HandOver {
        /// The broker lets a delivery go for this long; ours is told the same.
        static let seconds = 6

        static let settings = Settings().with {
            $0.brokerKeys = ", acknowledgementTimeoutSeconds: \(seconds)"
            $0.sweepSeconds = 86_400
        }

        /// A broker that looks at its consumers twice a second instead of once a minute.
        func impatientServer() throws -> RabbitMQServer {
            let server = try RabbitMQServer.start(["RABBITMQ_EXTRA_CONF": "consumer_timeout = \(Self.seconds)000"])
            try server.control("eval", "application:set_env(rabbit, channel_tick_interval, 500).")
            return server
        }

        @Test("a store longer than the acknowledgement timeout ends in one event, and no delivery is lost on the way")
        func longStore() async throws {
            try await Installation.with(Self.settings, on: try impatientServer()) { here in
                let source = here.spool("long.bin")
                try await ChildProcess.run(["truncate", "--size=768M", source])
                let workers = [try await here.startWorker(), try await here.startWorker()]
                let task = TaskDocument.store(file: source)
                let began = ContinuousClock.now
                try await here.send(task)
                for slice in 1...3 {
                    // A checkpoint of this slice, behind what the one before has left: its delivery is settled by now.
                    let left = here.checkpoint(task)
                    try await require(eventually: "a checkpoint behind \(left)") { here.checkpoint(task) > left }
                    // More than half of the timeout: the delivery that is under way has had its time.
                    try await pause(workers.map(\.pid), for: .milliseconds(Self.seconds * 500 + 100))
                    try await require(eventually: "hand-over \(slice)") {
                        workers.map { $0.lines(with: "handed-over") }.reduce(0, +) >= slice
                    }
                }
                let final = try await here.events.final(of: task.id)
                let took = ContinuousClock.now - began
                let result = try #require(final.stored, "\(final)")
                print("hand-over: \(result.slices) slices in \(took), \(result.resumedBytes >> 20) MiB resumed")
                #expect(took > .seconds(Self.seconds + 1), "it was too fast to prove anything: \(took)")
                #expect(result.slices >= 3)
                #expect(result.resumedBytes > 0 && result.sourceBytes + result.resumedBytes == 768 << 20)
                #expect(final.event.attempt == 1 && final.event.sequence == 1)
                for worker in workers { #expect(await worker.stop() == .code(0), "\(worker.lastLines)") }
                #expect(here.events.of(task.id).count == 1)
                #expect(try await here.messagesLeft().isEmpty)
                for worker in workers {
                    let said = worker.process.errors.value.map(\.text)
                    #expect(!said.contains { $0.contains("the broker closed") || $0.contains("the broker cancelled") })
                    #expect(!said.contains { $0.contains("delivery lost") || $0.contains("lost the connection") })
                }
                #expect(try await Disk(here.disk("a")).temporaryFiles.isEmpty)
            }
        }
    }
}

extension WorkerProcess {
    /// How many lines of its log have that text.
    func lines(with text: String) -> Int {
        process.errors.value.count { $0.text.contains(text) }
    }
}
