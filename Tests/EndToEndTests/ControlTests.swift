import Foundation
import Messaging
import StowageContract
import TestSupport
import Testing

extension EndToEnd {
    /// What operators say reaches workers that may only read it.
    @Suite("Control", .timeLimit(.minutes(2)))
    struct Control {
        private func say(_ here: Installation, _ arguments: String...) async throws -> Installation.Command {
            let command = try await here.stowage(as: .operator_, arguments: arguments)
            guard command.exit == .code(0) else { throw UnexpectedTurn("\(arguments): \(command.errors)") }
            return command
        }

        /// Begins a store that takes long, and returns its task once bytes move.
        private func beginLongStore(in here: Installation, on driver: String = "a") async throws -> TaskDocument {
            let source = here.spool("huge-\(driver).bin")
            try await ChildProcess.run(["truncate", "--size=40G", source])
            let task = TaskDocument.store(file: source, on: driver)
            try await here.send(task)
            try await require(eventually: "the store to begin") {
                FileManager.default.fileExists(atPath: here.disk(driver) + "/" + task.id)
            }
            return task
        }

        private func expectCancelled(_ id: String, in here: Installation) async throws {
            let final = try await here.events.final(of: id)
            #expect(final.event.happening == .cancelled(by: Installation.Role.operator_.user))
            #expect(final.messageID == "\(id)/cancelled")
            #expect(final.routingKey.hasPrefix("cancelled."))
        }

        @Test("a store of 40 GiB is stopped, nothing of it stays, and the slot is free again")
        func running() async throws {
            try await Installation.with(Settings().with { $0.concurrency = 1 }) { here in
                let worker = try await here.startWorker()
                let task = try await beginLongStore(in: here)
                let began = ContinuousClock.now
                let command = try await say(here, "cancel", task.id, "--wait")
                print("cancel while running: \(ContinuousClock.now - began)")
                #expect(command.output == "cancelled \(task.id)")
                try await expectCancelled(task.id, in: here)
                let disk = try await Disk(here.disk("a"))
                #expect(disk.archives.isEmpty && disk.records.isEmpty)
                #expect(try await here.run(.store("next", [1])).stored != nil)
                #expect(await worker.stop() == .code(0), "\(worker.lastLines)")
                #expect(here.events.finals(of: task.id).count == 1)
                #expect(try await here.messagesLeft().isEmpty)
            }
        }

        @Test("a task in the ladder is cancelled when it surfaces, by a worker that started after the cancellation")
        func inTheLadder() async throws {
            let settings = Settings().with {
                $0.delays = "[1s, 2s]"
                // Full, not away: a driver that is down would leave the task in its queue.
                $0.drivers = [("a", "minimumFreeBytes: \(Int64.max / 2)"), ("b", "")]
            }
            try await Installation.with(settings) { here in
                let first = try await here.startWorker()
                let task = TaskDocument.store("archive", [1, 2, 3])
                try await here.send(task)
                _ = try await here.events.first(.retrying, of: task.id)
                #expect(await first.stop() == .code(0), "\(first.lastLines)")
                _ = try await say(here, "cancel", task.id)
                let second = try await here.startWorker(settings.with { $0.drivers = Settings().drivers })
                try await expectCancelled(task.id, in: here)
                #expect(try await Disk(here.disk("a")).archives.isEmpty)
                #expect(await second.stop() == .code(0), "\(second.lastLines)")
                #expect(try await here.messagesLeft().isEmpty)
            }
        }

        @Test("a cancellation after the commit changes nothing, and a redelivery says that it stands")
        func tooLate() async throws {
            try await Installation.with { here in
                let armed = try here.launchWorker(crashPoint: "after-publish")
                let task = TaskDocument.store("archive", [1, 2, 3])
                try await here.send(task)
                _ = await armed.process.ended()
                #expect(try await Disk(here.disk("a")).archives.count == 1)
                _ = try await say(here, "cancel", task.id)
                let worker = try await here.startWorker()
                let final = try await here.events.final(of: task.id)
                #expect(final.stored?.alreadyPresent == true)
                let command = try await here.stowage(as: .operator_, "cancel", task.id, "--wait", "--timeout", "1")
                #expect(command.exit == .code(4), "\(command)")
                #expect(await worker.stop() == .code(0), "\(worker.lastLines)")
                #expect(here.events.finals(of: task.id).allSatisfy { $0.stored != nil })
            }
        }

        @Test("one driver is paused while another goes on, over a restart, until it is resumed")
        func pause() async throws {
            try await Installation.with { here in
                let first = try await here.startWorker()
                _ = try await say(here, "pause", "a")
                try await first.saying("queue is not consumed any more", "stowage.tasks.a\"")
                try await first.saying("queue is not consumed any more", "stowage.tasks.a-quick")
                let waiting = TaskDocument.store("archive", [1], on: "a")
                let quick = TaskDocument("list", on: "a", [:])
                try await here.send(waiting)
                try await here.send(quick)
                #expect(try await here.run(.store("archive", [1], on: "b")).stored != nil)
                #expect(await first.stop() == .code(0), "\(first.lastLines)")

                let second = try await here.startWorker()
                #expect(try await here.run(.store("archive", [2], on: "b")).stored != nil)
                #expect(here.events.of(waiting.id).isEmpty && here.events.of(quick.id).isEmpty)
                _ = try await say(here, "resume")
                #expect(try await here.events.final(of: waiting.id).stored != nil)
                #expect(try await here.events.final(of: quick.id).result != nil)
                #expect(await second.stop() == .code(0), "\(second.lastLines)")

                let third = try await here.startWorker()
                #expect(try await here.run(.store("archive", [3], on: "a")).stored != nil)
                #expect(await third.stop() == .code(0), "\(third.lastLines)")
                #expect(try await here.messagesLeft().isEmpty)
            }
        }

        @Test("of two workers one is drained by name: it ends what it runs, takes nothing more, and stays up")
        func drain() async throws {
            try await Installation.with { here in
                let first = try await here.startWorker()
                let task = try await beginLongStore(in: here)
                let second = try await here.startWorker()
                let line = try await first.saying("worker consumes")
                let name = try #require(
                    (try JSONSerialization.jsonObject(with: Data(line.text.utf8)) as? [String: Any])?["worker"]
                        as? String)
                _ = try await say(here, "drain", "--worker", name)
                try await first.saying("driver drained", "\"b\"")
                for number in 0..<20 {
                    let final = try await here.run(.store("archive-\(number)", [1]))
                    #expect(final.stored != nil && final.event.worker != name)
                }
                #expect(!first.process.errors.value.contains { $0.text.contains("worker drained") })
                _ = try await say(here, "cancel", task.id)
                try await expectCancelled(task.id, in: here)
                try await first.saying("worker drained")
                #expect(first.process.exitIfEnded == nil)
                #expect(await second.stop() == .code(0), "\(second.lastLines)")
                let waiting = TaskDocument.store("archive", [1])
                try await here.send(waiting)
                _ = try await say(here, "resume", "--worker", name)
                #expect(try await here.events.final(of: waiting.id).event.worker == name)
                #expect(await first.stop() == .code(0), "\(first.lastLines)")
            }
        }

        @Test("garbage on the control exchange is skipped, and a user without the right cannot write there")
        func garbage() async throws {
            try await Installation.with { here in
                let worker = try await here.startWorker()
                let broker = try here.broker(as: .operator_)
                try await broker.waitUntilConnected(within: .seconds(20))
                for body in ["", "[[[[", #"{"command":"explode"}"#, #"{"command":"pause","driver":"A"}"#] {
                    _ = try await broker.publish(
                        OutgoingMessage(
                            exchange: "stowage.control", routingKey: "", isMandatory: true, properties: .init(),
                            body: Array(body.utf8)))
                }
                await broker.close()
                try await worker.saying("control message refused", "command must be one of")
                #expect(try await here.run(.store("archive", [1])).stored != nil)
                let refused = try await here.stowage(as: .worker, "pause")
                #expect(refused.exit == .code(2), "\(refused)")
                #expect(refused.errors.contains("stowage.control"))
                #expect(try await here.run(.store("another", [1])).stored != nil)
                #expect(await worker.stop() == .code(0), "\(worker.lastLines)")
            }
        }
    }
}
