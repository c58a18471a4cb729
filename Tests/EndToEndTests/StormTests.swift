import Foundation
import Messaging
import StowageContract
import TestSupport
import Testing

/// Numbers that come again: SplitMix64.
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

extension EndToEnd {
    /// Many stores while things are killed.
    @Suite("Storms", .timeLimit(.minutes(4)))
    struct Storms {
        private static let count = 1500

        /// Tasks of 4 KiB with their digests.
        private struct Load {
            var tasks: [TaskDocument] = []
            var digests: [String: String] = [:]

            init(_ numbers: inout SeededNumbers, in here: Installation) async throws {
                for index in 0..<Storms.count {
                    let bytes = Array(repeating: numbers.next(), count: 512).withUnsafeBytes { Array($0) }
                    let task = TaskDocument.store("archive-\(index)", bytes, id: "storm-\(index)")
                    tasks.append(task)
                    try here.folder.write(bytes, to: "originals/\(task.id)")
                }
                let sums = try await ChildProcess.run([
                    "bash", "-c", "cd \"$1\" && sha256sum storm-*", "bash", here.folder.path("originals"),
                ])
                for line in sums.split(separator: "\n") {
                    let id = String(line.dropFirst(66))
                    digests["\(id)/archive-\(id.dropFirst(6))"] = String(line.prefix(64))
                }
            }

            var ids: [String] { tasks.map(\.id) }
        }

        /// Plants what a killed worker would leave on a file system without nameless files.
        private func plantLeftovers(in here: Installation) throws {
            let name = ".stowage-0123456789abcdef0123456789abcdef"
            for path in ["disks/a/lost-1/\(name)", "disks/a/lost-2/.stowage.json"] {
                let file = try here.folder.write("half", to: path)
                try FileManager.default.setAttributes(
                    [.modificationDate: Date(timeIntervalSince1970: 1_700_000_000)], ofItemAtPath: file)
            }
        }

        /// What must hold when all is over.
        private func check(_ load: Load, in here: Installation) async throws {
            for id in load.ids {
                let finals = here.events.finals(of: id)
                let wrong = finals.filter { $0.messageID != "\(id)/succeeded" || $0.event.type != .succeeded }
                #expect(!finals.isEmpty && wrong.isEmpty, "\(id): \(finals.map { $0.messageID ?? "" })")
                #expect(Set(finals.compactMap { $0.stored?.handle.key }).count == 1)
            }
            let disk = try await Disk(here.disk("a"))
            #expect(disk.archives.count == Storms.count)
            #expect(disk.archives == load.digests)
            #expect(disk.temporaryFiles.isEmpty && disk.orphanedManifests.isEmpty)
            #expect(here.events.problems.isEmpty)
            #expect(try await here.messagesLeft().isEmpty)
        }

        @Test("1,500 stores survive six kill -9 of their workers")
        func killedWorkers() async throws {
            var numbers = SeededNumbers(seed: 17)
            let settings = Settings().with { $0.level = "info" }
            try await Installation.with(settings) { here in
                let load = try await Load(&numbers, in: here)
                let began = ContinuousClock.now
                var workers = [try await here.startWorker(), try await here.startWorker()]
                // Kills at random progress, at least one after every two hundred tasks.
                let marks = (1...6).map { $0 * 200 + Int.random(in: -60...60, using: &numbers) }
                print("storm of kills: seed 17, kills after \(marks) finished tasks")
                let sender = Task { [tasks = load.tasks.map { ($0.id, $0.bytes) }] in
                    for (id, bytes) in tasks { try await here.send(bytes, to: "a.store") { $0.messageID = id } }
                }
                let ids = load.ids
                for mark in marks {
                    try await require(eventually: "\(mark) tasks to finish", within: .seconds(60)) {
                        here.events.finished(ids) >= mark
                    }
                    let victim = Int.random(in: 0..<2, using: &numbers)
                    #expect(await workers[victim].kill() == .signal(SIGKILL))
                    workers[victim] = try here.launchWorker()
                }
                try await sender.value
                try await require(eventually: "all tasks to finish", within: .seconds(90)) {
                    here.events.finished(ids) == ids.count
                }
                // Queues are in order, and what returns to one stands first: behind this there is nothing.
                try await here.run(TaskDocument("verify", ["key": "nothing/nothing"]))
                for worker in workers { #expect(await worker.stop() == .code(0), "\(worker.lastLines)") }
                try plantLeftovers(in: here)
                let cleaner = try await here.startWorker()
                try await cleaner.saying("leftovers removed")
                #expect(await cleaner.stop() == .code(0), "\(cleaner.lastLines)")
                let events = here.events.tasks.values.joined().count { $0.event.type.isFinal }
                print("storm of kills: \(events) final events of \(ids.count) tasks, \(ContinuousClock.now - began)")
                try await check(load, in: here)
            }
        }

        @Test("1,500 stores survive three kill -9 of the broker")
        func killedBroker() async throws {
            var numbers = SeededNumbers(seed: 23)
            let server = try RabbitMQServer.start()
            let settings = Settings().with { $0.level = "info" }
            try await Installation.with(settings, on: server) { here in
                let load = try await Load(&numbers, in: here)
                let began = ContinuousClock.now
                let workers = [try await here.startWorker(), try await here.startWorker()]
                let marks = (1...3).map { $0 * 350 + Int.random(in: -100...100, using: &numbers) }
                print("storm of brokers: seed 23, kills after \(marks) finished tasks")
                let sender = Task { [tasks = load.tasks.map { ($0.id, $0.bytes) }] in
                    for (id, bytes) in tasks { try await here.send(bytes, to: "a.store") { $0.messageID = id } }
                }
                let ids = load.ids
                for mark in marks {
                    try await require(eventually: "\(mark) tasks to finish", within: .seconds(60)) {
                        here.events.finished(ids) >= mark
                    }
                    try server.kill()
                    try server.restart()
                }
                try await sender.value
                try await require(
                    eventually: "all tasks to finish; missing \(ids.filter { here.events.finals(of: $0).isEmpty })",
                    within: .seconds(90)
                ) { here.events.finished(ids) == ids.count }
                // Queues are in order, and what returns to one stands first: behind this there is nothing.
                try await here.run(TaskDocument("verify", ["key": "nothing/nothing"]))
                for worker in workers { #expect(await worker.stop() == .code(0), "\(worker.lastLines)") }
                let events = here.events.tasks.values.joined().count { $0.event.type.isFinal }
                print("storm of brokers: \(events) final events of \(ids.count) tasks, \(ContinuousClock.now - began)")
                try await check(load, in: here)
            }
        }
    }
}
