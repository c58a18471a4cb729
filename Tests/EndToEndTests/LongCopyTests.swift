import Foundation
import StowageContract
import TestSupport
import Testing

extension EndToEnd.HandOver {
    @Test("a copy longer than the acknowledgement timeout ends in one event, and no delivery is lost on the way")
    func longCopy() async throws {
        let settings = Self.settings.with { $0.drivers = [("a", "peers: [b]"), ("b", "")] }
        try await Installation.with(settings, on: try impatientServer()) { here in
            let source = try await here.makeSource(mebibytes: 768)
            let workers = [try await here.startWorker(), try await here.startWorker()]
            let original = try #require(try await here.run(.store(file: source)).stored?.handle)
            let handedOver = workers.map { $0.lines(with: "handed-over") }.reduce(0, +)
            let task = TaskDocument("copy", ["handle": original.document, "to": "b"])
            let began = ContinuousClock.now
            try await here.send(task)
            for slice in 1...3 {
                let left = here.checkpoint(original.taskID.text, on: "b")
                try await require(eventually: "a checkpoint behind \(left)") {
                    here.checkpoint(original.taskID.text, on: "b") > left
                }
                try await pause(workers.map(\.pid), for: .milliseconds(Self.seconds * 500 + 100))
                try await require(eventually: "hand-over \(slice)") {
                    workers.map { $0.lines(with: "handed-over") }.reduce(0, +) >= handedOver + slice
                }
            }
            let final = try await here.events.final(of: task.id)
            let took = ContinuousClock.now - began
            guard case .copy(let copy)? = final.result else { throw UnexpectedTurn("\(final)") }
            print("hand-over of a copy: \(took)")
            #expect(took > .seconds(Self.seconds + 1), "it was too fast to prove anything: \(took)")
            #expect(copy.sha256 == original.sha256 && copy.key == original.key && copy.driver.text == "b")
            #expect(final.event.attempt == 1 && final.event.sequence == 1)
            try await expectQuiet(workers, after: task, in: here)
            let disk = try await Disk(here.disk("b"))
            #expect(disk.archives == [original.key: original.sha256] && disk.temporaryFiles.isEmpty)
        }
    }
}

extension EndToEnd.Resuming {
    @Test("a copy whose worker is killed goes on behind what is safe at the target, and writes only the rest")
    func killedCopy() async throws {
        let settings = Self.settings.with { $0.drivers = [("a", "peers: [b]"), ("b", "")] }
        try await Installation.with(settings) { here in
            let size = Int64(768) << 20
            let source = try await here.makeSource(mebibytes: 768)
            let storing = try await here.startWorker()
            let original = try #require(try await here.run(.store(file: source)).stored?.handle)
            #expect(await storing.stop() == .code(0))
            let task = TaskDocument("copy", ["handle": original.document, "to": "b"])
            let first = try await here.startWorker()
            try await here.send(task)
            try await require(eventually: "half of the copy") {
                here.checkpoint(original.taskID.text, on: "b") >= size / 2
            }
            await first.kill()
            let safe = here.checkpoint(original.taskID.text, on: "b")
            #expect(safe >= size / 2 && safe < size)
            #expect(try await Disk(here.disk("b")).archives.isEmpty)
            let second = try await here.startWorker()
            let final = try await here.events.final(of: task.id, within: .seconds(60))
            guard case .copy(let copy)? = final.result else { throw UnexpectedTurn("\(final)") }
            let written = try second.io("wchar")
            print("resumed copy: safe \(safe >> 20) MiB, written \(written >> 20) MiB")
            #expect(written >= size - safe && written < size - safe + (8 << 20))
            #expect(copy.sha256 == original.sha256 && final.event.attempt == 1)
            #expect(await second.stop() == .code(0))
            let disk = try await Disk(here.disk("b"))
            #expect(disk.archives == [original.key: original.sha256] && disk.temporaryFiles.isEmpty)
            #expect(try await here.messagesLeft().isEmpty)
        }
    }
}

extension EndToEnd.HandOver {
    /// All of them end well, and nobody has seen a second event, a message that stayed, or a delivery that was lost.
    func expectQuiet(
        _ workers: [WorkerProcess], after task: TaskDocument, in here: Installation
    ) async throws {
        for worker in workers { #expect(await worker.stop() == .code(0)) }
        #expect(here.events.of(task.id).count == 1)
        #expect(try await here.messagesLeft().isEmpty)
        for worker in workers {
            let said = worker.process.errors.value.map(\.text)
            #expect(!said.contains { $0.contains("the broker closed") || $0.contains("the broker cancelled") })
            #expect(!said.contains { $0.contains("delivery lost") || $0.contains("lost the connection") })
        }
    }
}

extension WorkerProcess {
    /// What the kernel has counted of the process so far (`/proc/…/io`).
    func io(_ name: String) throws -> Int64 {
        let text = try String(contentsOfFile: "/proc/\(pid)/io", encoding: .utf8)
        let line = text.split(separator: "\n").first { $0.hasPrefix(name + ": ") }
        guard let number = line.flatMap({ Int64($0.dropFirst(name.count + 2)) }) else {
            throw UnexpectedTurn("no \(name) in \(text)")
        }
        return number
    }
}
