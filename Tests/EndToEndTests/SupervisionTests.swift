import Foundation
import Messaging
import StowageContract
import TestSupport
import Testing

extension EndToEnd {
    @Suite("Supervision", .timeLimit(.minutes(2)))
    struct Supervision {
        private func send(_ count: Int, to here: Installation, bytes: [UInt8] = [1, 2, 3]) async throws -> [String] {
            let tasks = (0..<count).map { TaskDocument.store("archive-\($0)", bytes) }
            let sender = tasks.map { ($0.id, $0.bytes) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for part in 0..<8 {
                    group.addTask {
                        for index in stride(from: part, to: sender.count, by: 8) {
                            try await here.send(sender[index].1, to: "a.store") { $0.messageID = sender[index].0 }
                        }
                    }
                }
                try await group.waitForAll()
            }
            return tasks.map(\.id)
        }

        private func finish(_ ids: [String], in here: Installation) async throws {
            try await require(eventually: "all \(ids.count) tasks to finish", within: .seconds(60)) {
                here.events.finished(ids) == ids.count
            }
            for id in ids {
                let finals = Set(here.events.finals(of: id).compactMap(\.messageID))
                #expect(finals == ["\(id)/succeeded"])
            }
            #expect(try await Disk(here.disk("a")).archives.count == ids.count)
        }

        @Test("connections that are cut in mid-run are made again, and no task is lost")
        func cutConnections() async throws {
            try await Installation.with { here in
                let ids = try await send(600, to: here)
                let worker = try await here.startWorker()
                for mark in [50, 200, 350] {
                    try await require(eventually: "\(mark) tasks") { here.events.finished(ids) >= mark }
                    try await require(eventually: "a connection to cut") {
                        try await here.server.cutConnections(of: here.virtualHost, user: "stowage-worker") > 0
                    }
                }
                try await finish(ids, in: here)
                #expect(worker.process.exitIfEnded == nil)
                #expect(await worker.stop() == .code(0), "\(worker.lastLines)")
            }
        }

        @Test("a queue that is deleted and declared again is consumed again")
        func deletedQueue() async throws {
            try await Installation.with { here in
                let worker = try await here.startWorker()
                for queue in ["stowage.tasks.a", "stowage.tasks.a-quick", "stowage.undertaker"] {
                    try await here.server.manage("DELETE", "queues/\(here.virtualHost)/\(queue)")
                    // RabbitMQ 3.10 tells nothing of the deletion, most of the time, when the queue is back at once.
                    try await worker.saying("\"queue\":\"\(queue)\"")
                }
                try await here.declareTopology()
                #expect(try await here.run(.store("archive", [1])).stored != nil)
                guard case .list? = try await here.run(TaskDocument("list", [:])).result else {
                    throw UnexpectedTurn("no list")
                }
                let id = TaskDocument.newID()
                try await here.send("{}".utf8, to: "ghost.store") { $0.messageID = id }
                #expect(try await here.events.final(of: id).error?.code == .unknownDriver)
                #expect(await worker.stop() == .code(0), "\(worker.lastLines)")
            }
        }

        @Test("a worker that starts before its broker waits for it, and outlives its restart")
        func absentBroker() async throws {
            let server = try RabbitMQServer.start()
            try await Installation.with(on: server) { here in
                // Not killed: RabbitMQ 3.10 forgets quorum queues that it made in the second before.
                try server.control("stop_app")
                let worker = try here.launchWorker()
                try await worker.saying("cannot connect to the broker")
                #expect(worker.process.exitIfEnded == nil)
                try server.control("start_app")
                try await worker.consuming(within: .seconds(60))
                #expect(try await here.run(.store("first", [1])).stored != nil)
                try server.kill()
                try server.restart()
                #expect(try await here.run(.store("second", [2])).stored != nil)
                #expect(await worker.stop() == .code(0), "\(worker.lastLines)")
            }
        }

        @Test("a worker waits for a queue that its broker has not found again yet")
        func startingBroker() async throws {
            try await Installation.with { here in
                try here.server.withdrawQueue("stowage.control", of: here.virtualHost)
                let worker = try here.launchWorker()
                try await worker.saying("the broker cannot serve the topology yet", "stowage.control")
                #expect(worker.process.exitIfEnded == nil)
                try here.server.restoreQueue("stowage.control", of: here.virtualHost)
                try await worker.consuming()
                #expect(try await here.run(.store("archive", [1])).stored != nil)
                #expect(await worker.stop() == .code(0), "\(worker.lastLines)")
            }
        }

        @Test("SIGTERM in the middle of much work ends the worker cleanly, and another does the rest")
        func terminated() async throws {
            try await Installation.with { here in
                let ids = try await send(600, to: here)
                let first = try await here.startWorker()
                try await require(eventually: "some tasks") { here.events.finished(ids) >= 60 }
                let began = ContinuousClock.now
                #expect(await first.stop() == .code(0), "\(first.lastLines)")
                let took = ContinuousClock.now - began
                print("SIGTERM under load: ended after \(took)")
                #expect(took < .seconds(here.settings.gracePeriodSeconds))
                let done = here.events.finished(ids)
                #expect(done < ids.count, "it was to be stopped in the middle")
                let second = try await here.startWorker()
                try await finish(ids, in: here)
                #expect(ids.allSatisfy { here.events.finals(of: $0).count == 1 })
                #expect(await second.stop() == .code(0), "\(second.lastLines)")
                #expect(try await here.messagesLeft().isEmpty)
            }
        }

        /// Begins a store that takes long, and returns its task once bytes move.
        private func beginLongStore(in here: Installation) async throws -> TaskDocument {
            let source = here.spool("huge.bin")
            try await ChildProcess.run(["truncate", "--size=40G", source])
            let task = TaskDocument.store(file: source)
            try await here.send(task)
            try await require(eventually: "the store to begin") {
                FileManager.default.fileExists(atPath: here.disk("a") + "/" + task.id)
            }
            return task
        }

        @Test("what does not end within the grace period is handed back")
        func handedBack() async throws {
            let settings = Settings().with { $0.gracePeriodSeconds = 1 }
            try await Installation.with(settings) { here in
                let worker = try await here.startWorker()
                let task = try await beginLongStore(in: here)
                let began = ContinuousClock.now
                #expect(await worker.stop() == .code(0), "\(worker.lastLines)")
                let took = ContinuousClock.now - began
                #expect(took > .milliseconds(900) && took < .seconds(6), "\(took)")
                #expect(here.events.of(task.id).isEmpty)
                let disk = try await Disk(here.disk("a"))
                // What the next worker goes on with, and nothing else.
                #expect(disk.archives.isEmpty)
                #expect(disk.records.allSatisfy { $0.contains("/.stowage-partial-") }, "\(disk.records)")
                #expect(try await here.messagesLeft() == ["stowage.tasks.a": 1])
            }
        }

        @Test("a second SIGTERM ends at once")
        func secondSignal() async throws {
            let settings = Settings().with { $0.gracePeriodSeconds = 60 }
            try await Installation.with(settings) { here in
                let worker = try await here.startWorker()
                let task = try await beginLongStore(in: here)
                worker.process.send(SIGTERM)
                try await worker.saying("signal received")
                #expect(worker.process.exitIfEnded == nil)
                let began = ContinuousClock.now
                _ = await worker.stop()
                let took = ContinuousClock.now - began
                print("second SIGTERM: ended after \(took)")
                #expect(took < .seconds(3))
                #expect(here.events.of(task.id).isEmpty)
                #expect(try await here.messagesLeft() == ["stowage.tasks.a": 1])
            }
        }

        @Test("a worker without its topology ends and says what to run")
        func missingTopology() async throws {
            try await Installation.with(isDeclared: false) { here in
                let worker = try here.launchWorker()
                let exit = await worker.process.ended()
                guard case .code(let code) = exit else { throw UnexpectedTurn("\(exit)") }
                #expect(code != 0)
                let last = worker.process.errors.value.last?.text ?? ""
                #expect(last.contains("stowage topology declare"), "\(last)")
            }
        }
    }
}
