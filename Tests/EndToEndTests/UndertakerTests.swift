import Foundation
import Messaging
import StowageContract
import TestSupport
import Testing

extension EndToEnd {
    /// Tasks that the broker ends still get their final event.
    @Suite("Tasks ended by the broker", .timeLimit(.minutes(2)))
    struct Endings {
        @Test("a task for a driver that nobody has, or under no task's key, fails and is parked")
        func unroutable() async throws {
            try await Installation.with { here in
                try await here.startWorker()
                var expected: [String: String] = [:]
                for (key, code) in [
                    ("ghost.store", ErrorCode.unknownDriver), ("ghost.stat", .unknownDriver),
                    ("a.frobnicate", .invalidTask), ("a.store.now", .invalidTask), ("A.store", .invalidTask),
                    ("", .invalidTask),
                ] {
                    let id = TaskDocument.newID()
                    try await here.send(#"{"data":{}}"#.utf8, to: key) { $0.messageID = id }
                    let failed = try await here.events.final(of: id)
                    #expect(failed.error?.code == code, "\(key): \(failed)")
                    #expect(failed.event.requestedByUser == "moodle")
                    expected[id] = code.rawValue
                }
                let letters = try await here.parked()
                let codes = letters.map { (($0["error"] as? [String: Any])?["code"] as? String) ?? "" }
                #expect(letters.compactMap { $0["id"] as? String }.sorted() == expected.keys.sorted())
                #expect(codes.sorted() == expected.values.sorted())
            }
        }

        @Test("an unroutable task that is too large, or pretends to have been rejected, has its event all the same")
        func unroutableTricks() async throws {
            try await Installation.with(Settings().with { $0.limits = "{ inlineBytes: 4096, taskBytes: 16384 }" }) {
                here in
                let worker = try await here.startWorker()
                let death: FieldValue = .table([
                    "queue": .string("stowage.tasks.a"), "reason": .string("rejected"), "count": .integer(1),
                    "exchange": .string("stowage.tasks"), "routing-keys": .array([.string("a.store")]),
                ])
                try await here.send("{}".utf8, to: "ghost.store") { properties in
                    properties.messageID = "forged"
                    properties.headers["x-death"] = .array([death])
                }
                let forged = try await here.events.final(of: "forged", within: .seconds(10))
                #expect(forged.error?.code == .unknownDriver, "\(forged)")
                for (index, headers) in [FieldTable(), ["x-death": .array([death])]].enumerated() {
                    try await here.send([UInt8](repeating: 32, count: 20_000), to: "ghost.store") { properties in
                        properties.messageID = "large-\(index)"
                        properties.headers = headers
                    }
                    let large = try await here.events.final(of: "large-\(index)", within: .seconds(10))
                    #expect(large.error?.code == .invalidTask, "\(large)")
                }
                #expect(await worker.stop() == .code(0), "\(worker.lastLines)")
                #expect(try await here.messagesLeft() == ["stowage.dead": 3])
                #expect(here.events.tasks.values.allSatisfy { $0.count == 1 })
            }
        }

        @Test("a message that expired in its queue is announced as expired")
        func expired() async throws {
            try await Installation.with { here in
                let task = TaskDocument.store("archive", [1])
                try await here.send(task) { $0.expiration = "100" }
                let kept = TaskDocument.store("kept", [1])
                try await here.send(kept) { $0.expiration = "600000" }
                try await require(eventually: "the broker to bury it") {
                    try await here.messagesLeft() == ["stowage.undertaker": 1, "stowage.tasks.a": 1]
                }
                try await here.startWorker()
                let failed = try await here.events.final(of: task.id)
                #expect(failed.error?.code == .expired && failed.messageID == "\(task.id)/failed", "\(failed)")
                #expect(try await here.events.final(of: kept.id).stored != nil)
                #expect(try await Disk(here.disk("a")).archives.keys.sorted() == ["\(kept.id)/kept"])
                #expect(try await here.parked().compactMap { $0["id"] as? String } == [task.id])
            }
        }

        @Test("a queue's own time limit hands a store to the fallback, and ends what cannot move")
        func queueTimeLimit() async throws {
            let settings = Settings().with { $0.drivers = [("a", "fallbacks: [b]"), ("b", "")] }
            try await Installation.with(settings) { here in
                try await here.server.manage(
                    "PUT", "policies/\(here.virtualHost)/patience",
                    [
                        "pattern": "^stowage\\.tasks\\.a$", "definition": ["message-ttl": 100], "apply-to": "queues",
                    ] as [String: Any])
                try await here.startWorker(settings.with { $0.served = "b" })
                let store = TaskDocument.store("archive", [1])
                let stored = try await here.run(store)
                #expect(stored.stored?.handle.driver.text == "b", "\(stored)")
                #expect(here.events.of(store.id).contains { $0.event.type == .failedOver })
                let verify = try await here.run(TaskDocument("verify", ["key": "x/y"]))
                #expect(verify.error?.code == .unavailable && verify.error?.place == .broker, "\(verify)")
            }
        }

        @Test(
            "a task that kills every worker ends as poison: the broker's round, and seven more of one death each",
            arguments: [1, 64])
        func poison(_ slots: Int) async throws {
            // With many slots the channels of a worker that died go one by one, and the task is offered to those that
            // are left: then the broker's round may be over after one death, but none of the others is shorter.
            try await Installation.with(Settings().with { $0.concurrency = slots }) { here in
                // The argument says 20; the smaller counts.
                try await here.server.manage(
                    "PUT", "policies/\(here.virtualHost)/impatience",
                    [
                        "pattern": "^stowage\\.tasks\\.a$", "definition": ["delivery-limit": 2], "apply-to": "queues",
                    ] as [String: Any])
                let task = TaskDocument.store("deadly", Array("poison".utf8))
                try await here.send(task)
                var deaths = 0
                while here.events.finals(of: task.id).isEmpty {
                    let worker = try here.launchWorker(crashPoint: "after-temp-write")
                    try await require(eventually: "a death or the end; \(worker.lastLines)") {
                        worker.process.exitIfEnded != nil || !here.events.finals(of: task.id).isEmpty
                    }
                    if worker.process.exitIfEnded == .signal(SIGKILL) {
                        deaths += 1
                    } else {
                        #expect(await worker.stop() == .code(0), "\(worker.lastLines)")
                    }
                    try #require(deaths < 20)
                }
                let failed = try await here.events.final(of: task.id)
                #expect(failed.error?.code == .poison && failed.messageID == "\(task.id)/failed", "\(failed)")
                #expect(slots == 1 ? deaths == 10 : (8...10).contains(deaths), "\(deaths) deaths")
                let letters = try await here.parked()
                #expect(letters.compactMap { $0["id"] as? String } == [task.id])
                #expect((letters.first?["error"] as? [String: Any])?["code"] as? String == "poison")
                #expect(try await Disk(here.disk("a")).archives.isEmpty)

                let healthy = try await here.startWorker()
                #expect(try await here.run(.store("innocent", [1])).stored != nil)
                #expect(await healthy.stop() == .code(0), "\(healthy.lastLines)")
                #expect(try await here.messagesLeft() == ["stowage.dead": 1])
            }
        }

        @Test("a task survives three deaths of workers with many slots")
        func manySlots() async throws {
            try await Installation.with(Settings().with { $0.concurrency = 64 }) { here in
                let task = TaskDocument.store("unlucky", Array("unlucky".utf8))
                try await here.send(task)
                for _ in 0..<3 {
                    let worker = try here.launchWorker(crashPoint: "after-temp-write")
                    #expect(await worker.process.ended() == .signal(SIGKILL), "\(worker.lastLines)")
                }
                try await here.startWorker()
                // The broker closes the channels of a dead connection one by one and offers the task to those that are
                // still open: one death was seen to use up to 13 of the 20 deliveries. Further rounds are for that.
                let final = try await here.events.final(of: task.id)
                #expect(final.stored != nil && final.event.sequence <= 3, "\(final)")
            }
        }
    }
}
