import Foundation
import Messaging
import StowageContract
import TestSupport
import Testing

extension EndToEnd {
    /// What those who do not run a task find out before they say how it ended.
    @Suite("The last look", .timeLimit(.minutes(2)))
    struct LastLooks {
        @Test("a store whose worker was killed after the commit, and that then expired, has succeeded")
        func expiredAfterCommit() async throws {
            try await Installation.with(Settings().with { $0.concurrency = 1 }) { here in
                let task = TaskDocument.store("archive", Array("committed".utf8))
                let armed = try here.launchWorker(crashPoint: "after-publish")
                try await armed.consuming()
                try await here.send(task) { $0.expiration = "300" }
                #expect(await armed.process.ended() == .signal(SIGKILL))
                try await require(eventually: "the broker to bury it") {
                    try await here.messagesLeft() == ["stowage.undertaker": 1]
                }
                let worker = try await here.startWorker()
                let final = try await here.events.final(of: task.id)
                #expect(final.stored?.handle.driver.text == "a" && final.stored?.alreadyPresent == true, "\(final)")
                #expect(await worker.stop() == .code(0), "\(worker.lastLines)")
                #expect(try await here.messagesLeft().isEmpty)
            }
        }

        @Test("a store whose queue lost patience is not handed over while it stands")
        func queueExpiredAfterCommit() async throws {
            let settings = Settings().with {
                $0.drivers = [("a", "fallbacks: [b]"), ("b", "")]
                $0.concurrency = 1
            }
            try await Installation.with(settings) { here in
                let armed = try here.launchWorker(crashPoint: "after-publish")
                try await armed.consuming()
                try await here.server.manage(
                    "PUT", "policies/\(here.virtualHost)/patience",
                    [
                        "pattern": "^stowage\\.tasks\\.a$", "definition": ["message-ttl": 300], "apply-to": "queues",
                    ] as [String: Any])
                let task = TaskDocument.store("archive", Array("committed".utf8))
                try await here.send(task)
                #expect(await armed.process.ended() == .signal(SIGKILL))
                let other = try await here.startWorker(settings.with { $0.served = "b" })
                let final = try await here.events.final(of: task.id)
                #expect(final.stored?.handle.driver.text == "a", "\(final)")
                #expect(here.events.of(task.id).count == 1)
                #expect(await other.stop() == .code(0), "\(other.lastLines)")
                #expect(try await Disk(here.disk("b")).archives.isEmpty)
                #expect(try await here.messagesLeft().isEmpty)
            }
        }

        @Test("a failover to a driver whose queue is missing goes on to the next one")
        func missingQueue() async throws {
            let settings = Settings().with {
                $0.drivers = [("a", "fallbacks: [b, c]"), ("b", ""), ("c", "")]
                $0.attemptsBeforeFailover = 1
            }
            try await Installation.with(settings) { here in
                try await here.server.manage("DELETE", "queues/\(here.virtualHost)/stowage.tasks.b")
                try FileManager.default.moveItem(atPath: here.disk("a"), toPath: here.disk("away"))
                let worker = try await here.startWorker(settings.with { $0.served = "a, c" })
                let stored = try await here.run(.store("archive", Array("moved on".utf8)))
                let result = try #require(stored.stored, "\(stored)")
                #expect(result.handle.driver.text == "c" && result.possibleCopies.map(\.text) == ["a"], "\(stored)")
                let hops = here.events.of(stored.event.task).filter { $0.event.type == .failedOver }
                #expect(hops.map { $0.error?.code } == [.unavailable, .unknownDriver])
                #expect(await worker.stop() == .code(0), "\(worker.lastLines)")
                try await here.declareTopology()
                #expect(try await here.messagesLeft().isEmpty)
            }
        }

        @Test("a failover that finds no queue at all ends as failed, and names the drivers that may hold the archive")
        func noQueueLeft() async throws {
            let settings = Settings().with { $0.drivers = [("a", "fallbacks: [b]"), ("b", "")] }
            try await Installation.with(settings) { here in
                try await here.server.manage("DELETE", "queues/\(here.virtualHost)/stowage.tasks.b")
                try FileManager.default.moveItem(atPath: here.disk("a"), toPath: here.disk("away"))
                try await here.startWorker(settings.with { $0.served = "a" })
                let task = TaskDocument.store("archive", Array("nowhere".utf8))
                let failed = try await here.run(task)
                #expect(failed.error?.code == .unknownDriver, "\(failed)")
                guard case .failed(_, let attempts, let possible) = failed.event.happening else {
                    throw UnexpectedTurn("\(failed)")
                }
                #expect(attempts.map(\.driver.text) == ["a"] && possible.map(\.text) == ["a"])
                #expect(try await here.parked().compactMap { $0["id"] as? String } == [task.id])
            }
        }
    }
}
