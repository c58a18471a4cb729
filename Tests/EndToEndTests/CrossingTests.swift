import Foundation
import Messaging
import StowageContract
import TestSupport
import Testing

extension EndToEnd {
    /// Deliveries and drivers of one task that get in each other's way.
    @Suite("Crossing deliveries", .timeLimit(.minutes(2)))
    struct Crossings {
        private static let failover = Settings().with { $0.drivers = [("a", "fallbacks: [b]"), ("b", "")] }

        private func move(_ path: String, to other: String) throws {
            try FileManager.default.moveItem(atPath: path, toPath: other)
        }

        @Test("twenty deliveries of one task on two workers are one archive and one event id")
        func sameTaskManyTimes() async throws {
            try await Installation.with { here in
                let task = TaskDocument.store("archive", (0..<200_000).map { UInt8(truncatingIfNeeded: $0) })
                for _ in 0..<20 { try await here.send(task) }
                let workers = [try here.launchWorker(), try here.launchWorker()]
                try await here.events.final(of: task.id, count: 20)
                let finals = here.events.finals(of: task.id)
                #expect(Set(finals.compactMap(\.messageID)) == ["\(task.id)/succeeded"])
                let results = finals.compactMap(\.stored)
                #expect(results.count == 20 && results.allSatisfy { $0.handle == results[0].handle })
                #expect(results.count { !$0.alreadyPresent } == 1)
                for worker in workers {
                    try await worker.consuming()
                    #expect(await worker.stop() == .code(0), "\(worker.lastLines)")
                }
                let disk = try await Disk(here.disk("a"))
                #expect(disk.archives.count == 1 && disk.records.count == 1)
                #expect(try await here.messagesLeft().isEmpty)
            }
        }

        @Test("other bytes under the same id are a conflict, and never show")
        func sameIDOtherBytes() async throws {
            try await Installation.with { here in
                try await here.startWorker()
                let task = TaskDocument.store("archive", Array("first".utf8))
                let first = try await here.run(task)
                try await here.send(.store("archive", Array("other".utf8), id: task.id))
                let second = try await here.events.final(of: task.id, count: 2)
                #expect(second.error?.code == .conflict && second.error?.context["stored"] != nil, "\(second)")
                let path = here.disk("a") + "/" + (try #require(first.stored?.handle.key))
                #expect(try String(contentsOfFile: path, encoding: .utf8) == "first")
                #expect(try await here.parked().compactMap { $0["id"] as? String } == [task.id])
            }
        }

        @Test("a worker that was frozen in a store while another one finished it does no harm")
        func frozenWorker() async throws {
            try await Installation.with { here in
                let source = here.spool("large.bin")
                try await ChildProcess.run(["truncate", "--size=400M", source])
                let digest = try await Disk.digest(source)
                let frozen = try await here.startWorker()
                let task = TaskDocument.store(file: source)
                try await here.send(task)
                try await require(eventually: "the store to begin") {
                    FileManager.default.fileExists(atPath: here.disk("a") + "/" + task.id)
                }
                frozen.process.send(SIGSTOP)
                try #require(here.events.finals(of: task.id).isEmpty, "the store was over before it was frozen")
                let other = try await here.startWorker()
                try await require(eventually: "the connections of the frozen worker to go") {
                    try await here.server.cutConnections(of: here.virtualHost, user: Installation.Role.worker.user) > 0
                }
                try await here.events.final(of: task.id, within: .seconds(60))
                frozen.process.send(SIGCONT)
                // It finds what stands, and may say so again before it notices that the delivery is not its own.
                try await frozen.saying("task done", task.id, within: .seconds(60))
                let later = TaskDocument.store("later", [1])
                try await here.run(later)
                for worker in [frozen, other] { #expect(await worker.stop() == .code(0), "\(worker.lastLines)") }
                let finals = here.events.finals(of: task.id)
                #expect(Set(finals.compactMap(\.messageID)) == ["\(task.id)/succeeded"])
                let disk = try await Disk(here.disk("a"))
                #expect(
                    disk.archives == [
                        "\(task.id)/large.bin": digest, "\(later.id)/later": disk.archives["\(later.id)/later"],
                    ])
                #expect(disk.temporaryFiles.isEmpty)
                #expect(try await here.messagesLeft().isEmpty)
            }
        }

        @Test("a store that stood on its first driver after all is announced there, the other copy named")
        func storedAfterAll() async throws {
            try await Installation.with(Self.failover) { here in
                let onlyA = Self.failover.with { $0.served = "a" }
                let onlyB = Self.failover.with { $0.served = "b" }
                let task = TaskDocument.store("archive", Array("twice".utf8))
                let armed = try here.launchWorker(onlyA, crashPoint: "after-publish")
                try await here.send(task)
                #expect(await armed.process.ended() == .signal(SIGKILL))
                try move(here.disk("a"), to: here.disk("away"))
                let helpless = try await here.startWorker(onlyA)
                let handedOver = try await here.events.first(.failedOver, of: task.id)
                #expect(handedOver.error?.code == .unavailable && handedOver.error?.place == .driver)
                #expect(await helpless.stop() == .code(0), "\(helpless.lastLines)")
                try move(here.disk("away"), to: here.disk("a"))
                let second = try await here.startWorker(onlyB)
                let final = try await here.events.final(of: task.id)
                let result = try #require(final.stored, "\(final)")
                #expect(result.handle.driver.text == "a")
                #expect(result.otherCopies.map(\.driver.text) == ["b"] && result.possibleCopies.isEmpty)
                #expect(final.event.sequence == 2)
                #expect(await second.stop() == .code(0), "\(second.lastLines)")
                let digests = [try await Disk(here.disk("a")).archives, try await Disk(here.disk("b")).archives]
                #expect(digests[0] == digests[1] && digests[0].count == 1)
                #expect(try await here.messagesLeft().isEmpty)
            }
        }

        @Test("a first driver that cannot be asked is named as one that may hold a copy")
        func possibleCopy() async throws {
            try await Installation.with(Self.failover) { here in
                let task = TaskDocument.store("archive", Array("twice".utf8))
                let armed = try here.launchWorker(crashPoint: "after-publish")
                try await here.send(task)
                #expect(await armed.process.ended() == .signal(SIGKILL))
                try move(here.disk("a"), to: here.disk("away"))
                let worker = try await here.startWorker()
                let final = try await here.events.final(of: task.id)
                let result = try #require(final.stored, "\(final)")
                #expect(result.handle.driver.text == "b" && result.otherCopies.isEmpty)
                #expect(result.possibleCopies.map(\.text) == ["a"])
                #expect(final.routingKey == "succeeded.b.store.moodle")
                #expect(await worker.stop() == .code(0), "\(worker.lastLines)")
                #expect(try await here.messagesLeft().isEmpty)
            }
        }

        @Test("a task that failed and is replayed after the repair succeeds and says what it overrules")
        func replayAfterRepair() async throws {
            let settings = Settings().with { $0.maxAttempts = 2 }
            try await Installation.with(settings) { here in
                let full = settings.with { $0.drivers[0].keys = "minimumFreeBytes: 9000000000000000000" }
                let worker = try await here.startWorker(full)
                let task = TaskDocument.store("archive", Array("late".utf8))
                let failed = try await here.run(task)
                #expect(failed.messageID == "\(task.id)/failed" && failed.error?.code == .outOfSpace, "\(failed)")
                guard case .failed(_, let attempts, _) = failed.event.happening else {
                    throw UnexpectedTurn("\(failed)")
                }
                #expect(attempts.count == 2 && attempts.allSatisfy { $0.code == .outOfSpace })
                #expect(here.events.of(task.id).contains { $0.messageID == "\(task.id)/retrying/1" })
                let letters = try await here.parked()
                #expect(letters.map { $0["id"] as? String } == [task.id])
                #expect((letters.first?["error"] as? [String: Any])?["code"] as? String == "out-of-space")

                #expect(await worker.stop() == .code(0), "\(worker.lastLines)")
                try await here.startWorker()
                let replay = try await here.stowage(as: .operator_, "dead", "replay", task.id)
                #expect(replay.exit == .code(0), "\(replay.errors)")
                let succeeded = try await here.events.final(of: task.id, count: 2)
                #expect(succeeded.messageID == "\(task.id)/r1/succeeded", "\(succeeded)")
                #expect(succeeded.event.supersedes == "\(task.id)/failed")
                #expect(succeeded.event.requestedByUser == "moodle")
                #expect(try await here.parked().isEmpty)
                #expect(try await Disk(here.disk("a")).archives.count == 1)
            }
        }

        @Test("another disk under the driver's name is unavailable, and nothing is said to be gone")
        func anotherDisk() async throws {
            let settings = Settings().with { $0.maxAttempts = 1 }
            try await Installation.with(settings) { here in
                let first = try await here.startWorker()
                let handle = try #require(try await here.run(.store("archive", [1, 2, 3])).stored?.handle)
                #expect(handle.storeID != nil)
                #expect(await first.stop() == .code(0), "\(first.lastLines)")
                try FileManager.default.createDirectory(
                    atPath: here.folder.path("stranger"), withIntermediateDirectories: true)
                let stranger = settings.with { $0.disks["a"] = here.folder.path("stranger") }
                let second = try await here.startWorker(stranger)
                let target = here.spool("back")
                let tasks = [
                    TaskDocument("stat", ["handle": handle.document]),
                    TaskDocument("verify", ["handle": handle.document]),
                    TaskDocument("delete", ["handle": handle.document, "strict": true]),
                    TaskDocument("retrieve", ["handle": handle.document, "destination": ["file": target]]),
                ]
                for task in tasks {
                    let failed = try await here.run(task)
                    #expect(failed.error?.code == .unavailable && failed.error?.place == .driver, "\(failed)")
                    #expect(failed.error?.message.contains("another disk") == true)
                }
                #expect(await second.stop() == .code(0), "\(second.lastLines)")
                try await here.startWorker()
                let found = try await here.run(TaskDocument("stat", ["handle": handle.document]))
                #expect(found.result == .stat(StatResult(handle: handle)))
            }
        }
    }
}
