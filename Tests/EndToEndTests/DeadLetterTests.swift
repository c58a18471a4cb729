import Foundation
import Messaging
import StowageContract
import TestSupport
import Testing

extension EndToEnd {
    /// The operator at the dead letters, with the rights of an operator.
    @Suite("Dead letters", .timeLimit(.minutes(3)))
    struct DeadLetters {
        /// Driver `a` refuses every store; one that is away would leave the tasks in their queue instead.
        private static func full(_ settings: Settings) -> Settings {
            settings.with { $0.drivers = [("a", "minimumFreeBytes: \(Int64.max / 2)"), ("b", "")] }
        }

        @Test("a thousand dead letters are listed and replayed by filter, and each task succeeds")
        func thousand() async throws {
            let settings = Settings().with {
                $0.maxAttempts = 1
                $0.concurrency = 32
                $0.level = "info"
            }
            try await Installation.with(settings) { here in
                let full = try await here.startWorker(Self.full(settings))
                let tasks = (0..<1000).map { TaskDocument.store("archive", [UInt8($0 & 0xFF)]) }
                let messages = tasks.map { ($0.id, $0.bytes) }
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for first in 0..<20 {
                        group.addTask {
                            for (id, bytes) in messages[(first * 50)..<(first * 50 + 50)] {
                                try await here.send(bytes, to: "a.store") { $0.messageID = id }
                            }
                        }
                    }
                    try await group.waitForAll()
                }
                let other = try await here.run(TaskDocument("stat", on: "b", ["key": "x/y", "extra": 1]))
                #expect(other.error?.code == .invalidTask)
                try await require(eventually: "a thousand failures", within: .seconds(60)) {
                    here.events.finished(tasks.map(\.id)) == 1000
                }
                let clock = ContinuousClock()
                let listing = try await clock.measureValue { try await here.parked() }
                #expect(listing.value.count == 1001)
                #expect(await full.stop() == .code(0), "\(full.lastLines)")
                let worker = try await here.startWorker()
                let replay = try await clock.measureValue {
                    try await here.stowage(as: .operator_, "dead", "replay", "--code", "out-of-space", "--driver", "a")
                }
                #expect(replay.value.exit == .code(0), "\(replay.value.errors)")
                #expect(replay.value.output.split(separator: "\n").count == 1000)
                print("1,001 dead letters listed in \(listing.duration), 1,000 replayed in \(replay.duration)")
                #expect(listing.duration < .seconds(20) && replay.duration < .seconds(20))
                for task in tasks {
                    let final = try await here.events.final(of: task.id, count: 2, within: .seconds(60))
                    #expect(final.messageID == "\(task.id)/r1/succeeded", "\(final)")
                }
                #expect(await worker.stop() == .code(0), "\(worker.lastLines)")
                #expect(try await here.messagesLeft() == ["stowage.dead": 1])
                #expect(try await Disk(here.disk("a")).archives.count == 1000)
            }
        }

        @Test("a replayed task that had succeeded already answers with its event again")
        func replayOfSuccess() async throws {
            try await Installation.with { here in
                try await here.startWorker()
                let task = TaskDocument.store("archive", Array("once".utf8))
                let first = try #require(try await here.run(task).stored)
                // As a worker parks what failed in a delivery that crossed the one that succeeded.
                let worker = try here.broker(as: .worker)
                try await worker.waitUntilConnected(within: .seconds(20))
                var properties = MessageProperties()
                properties.messageID = task.id
                properties.appID = "moodle"
                properties.userID = Installation.Role.worker.user
                properties.headers = [
                    "x-stowage-attempt": .integer(3), "x-stowage-error-code": .string("unavailable"),
                    "x-stowage-error": .string("away"),
                ]
                let letter = OutgoingMessage(
                    exchange: "stowage.dead", routingKey: "a.store", isMandatory: true, properties: properties,
                    body: task.bytes)
                #expect(try await worker.publish(letter) == .confirmed)
                await worker.close()
                let replay = try await here.stowage(as: .operator_, "dead", "replay", task.id)
                #expect(replay.exit == .code(0), "\(replay.errors)")
                let again = try await here.events.final(of: task.id, count: 2)
                #expect(again.messageID == "\(task.id)/r1/succeeded", "\(again)")
                #expect(again.stored?.handle == first.handle && again.stored?.alreadyPresent == true)
                #expect(try await here.parked().isEmpty)
            }
        }

        @Test("a task is edited, to another driver or in its options, and succeeds")
        func edit() async throws {
            let settings = Settings().with { $0.maxAttempts = 1 }
            try await Installation.with(settings) { here in
                let worker = try await here.startWorker(Self.full(settings))
                let moved = TaskDocument.store("archive", Array("moved".utf8))
                #expect(try await here.run(moved).error?.code == .outOfSpace)
                let wrong = TaskDocument.store(
                    "archive", Array("mended".utf8), on: "b", ["driverOptions": ["b": ["storageClass": "x"]]])
                #expect(try await here.run(wrong).error?.code == .invalidTask)

                let move = try await here.stowage(as: .operator_, "dead", "edit", moved.id, "--to", "b")
                #expect(move.exit == .code(0), "\(move.errors)")
                let refused = try await here.stowage(
                    as: .operator_, "dead", "edit", wrong.id, "--set", "/data/nmae=x")
                #expect(refused.exit == .code(1) && refused.errors.contains("nmae"), "\(refused.errors)")
                let mend = try await here.stowage(
                    as: .operator_, "dead", "edit", wrong.id, "--unset", "/data/driverOptions")
                #expect(mend.exit == .code(0), "\(mend.errors)")
                let letters = try await here.parked()
                #expect(letters.compactMap { $0["edited"] as? Int } == [1, 1])
                #expect(Set(letters.compactMap { $0["routingKey"] as? String }) == ["b.store"])

                let replay = try await here.stowage(as: .operator_, "dead", "replay", "--all")
                #expect(replay.exit == .code(0), "\(replay.errors)")
                for task in [moved, wrong] {
                    let final = try await here.events.final(of: task.id, count: 2)
                    #expect(final.messageID == "\(task.id)/r1/succeeded", "\(final)")
                    #expect(final.stored?.handle.driver.text == "b")
                    #expect(final.event.requestedByUser == "moodle")
                }
                #expect(await worker.stop() == .code(0), "\(worker.lastLines)")
                #expect(try await here.messagesLeft().isEmpty)
            }
        }

        @Test("a letter is looked at more often than a task may be delivered, and dropped once")
        func looking() async throws {
            try await Installation.with { here in
                let worker = try await here.startWorker()
                try await here.send(#"{"data":{}}"#.utf8, to: "ghost.store") { $0.messageID = "t-1" }
                try await here.events.final(of: "t-1")
                #expect(await worker.stop() == .code(0), "\(worker.lastLines)")
                // The limit of 20 that newer brokers set would destroy it.
                for _ in 0..<22 { #expect(try await here.parked().count == 1) }
                let drop = try await here.stowage(as: .operator_, "dead", "drop", "--yes", "t-1")
                #expect(drop.exit == .code(0) && drop.output == "dropped t-1", "\(drop)")
                #expect(try await here.messagesLeft().isEmpty)
            }
        }
    }
}

extension ContinuousClock {
    /// What `body` returns, and how long it took.
    fileprivate func measureValue<Value>(
        _ body: () async throws -> Value
    ) async rethrows -> (value: Value, duration: Duration) {
        let start = now
        let value = try await body()
        return (value, now - start)
    }
}
