import Foundation
import StowageContract
import TestSupport
import Testing

extension EndToEnd.HandOver {
    /// Stops the workers for half of the timeout each time when they have read 64 MiB more, until they hand over.
    private func slow(_ workers: [WorkerProcess], slices: Int, in here: Installation) async throws {
        let before = workers.map { $0.lines(with: "handed-over") }.reduce(0, +)
        for slice in 1...slices {
            let read = try workers.map { try $0.io("rchar") }.reduce(0, +)
            try await require(eventually: "64 MiB read in slice \(slice)") {
                ((try? workers.map { try $0.io("rchar") }.reduce(0, +)) ?? 0) > read + 64 << 20
            }
            // More than half of the timeout: the delivery that is under way has had its time.
            try await pause(workers.map(\.pid), for: .milliseconds(Self.seconds * 500 + 100))
            try await require(eventually: "hand-over \(slice)") {
                workers.map { $0.lines(with: "handed-over") }.reduce(0, +) >= before + slice
            }
        }
    }

    @Test("a verify longer than the acknowledgement timeout reads every byte once, and ends in one event")
    func longVerify() async throws {
        try await Installation.with(Self.settings, on: try impatientServer()) { here in
            let source = try await here.makeSource(mebibytes: 768)
            let workers = [try await here.startWorker(), try await here.startWorker()]
            let handle = try #require(try await here.run(.store(file: source)).stored?.handle)
            let task = TaskDocument("verify", ["handle": handle.document])
            let read = try workers.map { try $0.io("rchar") }.reduce(0, +)
            let began = ContinuousClock.now
            try await here.send(task)
            try await slow(workers, slices: 3, in: here)
            let final = try await here.events.final(of: task.id)
            let took = ContinuousClock.now - began
            let more = try workers.map { try $0.io("rchar") }.reduce(0, +) - read
            guard case .verify(let result)? = final.result else { throw UnexpectedTurn("\(final)") }
            print("hand-over of a verify: \(took), \(more >> 20) MiB read")
            #expect(took > .seconds(Self.seconds + 1), "it was too fast to prove anything: \(took)")
            #expect(result.state == .ok && result.actualSHA256 == handle.sha256)
            // Nothing twice, but for what is looked at beside the archive.
            #expect(more >= 768 << 20 && more < 784 << 20)
            #expect(final.event.attempt == 1 && final.event.sequence == 1)
            try await expectQuiet(workers, after: task, in: here)
        }
    }
    @Test("a retrieve longer than the acknowledgement timeout brings every byte once, and ends in one event")
    func longRetrieve() async throws {
        try await Installation.with(Self.settings, on: try impatientServer()) { here in
            let source = try await here.makeSource(mebibytes: 768)
            let workers = [try await here.startWorker(), try await here.startWorker()]
            let handle = try #require(try await here.run(.store(file: source)).stored?.handle)
            let target = here.spool("got.bin")
            let task = TaskDocument("retrieve", ["handle": handle.document, "destination": ["file": target]])
            let written = try workers.map { try $0.io("wchar") }.reduce(0, +)
            let began = ContinuousClock.now
            try await here.send(task)
            try await slow(workers, slices: 3, in: here)
            let final = try await here.events.final(of: task.id)
            let took = ContinuousClock.now - began
            let more = try workers.map { try $0.io("wchar") }.reduce(0, +) - written
            guard case .retrieve(let result)? = final.result else { throw UnexpectedTurn("\(final)") }
            print("hand-over of a retrieve: \(took), \(more >> 20) MiB written")
            #expect(took > .seconds(Self.seconds + 1), "it was too fast to prove anything: \(took)")
            #expect(result.sha256 == handle.sha256 && result.size == handle.size && result.verified)
            #expect(more >= 768 << 20 && more < 784 << 20)
            #expect(final.event.attempt == 1 && final.event.sequence == 1)
            try await expectQuiet(workers, after: task, in: here)
            #expect(try await Disk.digest(target) == handle.sha256)
            let left = try FileManager.default.contentsOfDirectory(atPath: here.spool(""))
            #expect(left.sorted() == ["got.bin", "long.bin"])
        }
    }
}

extension EndToEnd.Resuming {
    @Test("a retrieve whose worker is killed goes on behind what it had brought, and shows nothing before it is whole")
    func killedRetrieve() async throws {
        try await Installation.with(Self.settings) { here in
            let size = Int64(768) << 20
            let source = try await here.makeSource(mebibytes: 768)
            let first = try await here.startWorker()
            let handle = try #require(try await here.run(.store(file: source)).stored?.handle)
            let target = here.spool("got.bin")
            let task = TaskDocument("retrieve", ["handle": handle.document, "destination": ["file": target]])
            try await here.send(task)
            try await require(eventually: "a third of the archive") { here.partialBytes >= size / 3 }
            await first.kill()
            let brought = here.partialBytes
            #expect(brought >= size / 3 && brought < size)
            #expect(!FileManager.default.fileExists(atPath: target))
            let second = try await here.startWorker()
            let final = try await here.events.final(of: task.id, within: .seconds(60))
            guard case .retrieve(let result)? = final.result else { throw UnexpectedTurn("\(final)") }
            let written = try second.io("wchar")
            print("resumed retrieve: brought \(brought >> 20) MiB, written \(written >> 20) MiB")
            #expect(written >= size - brought && written < size - brought + (8 << 20))
            #expect(result.sha256 == handle.sha256 && final.event.attempt == 1)
            #expect(await second.stop() == .code(0))
            #expect(try await Disk.digest(target) == handle.sha256)
            let left = try FileManager.default.contentsOfDirectory(atPath: here.spool(""))
            #expect(left.sorted() == ["got.bin", "long.bin"])
            #expect(try await here.messagesLeft().isEmpty)
        }
    }
}

extension Installation {
    /// The size of what is being retrieved into the spool.
    fileprivate var partialBytes: Int64 {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: spool(""))) ?? []
        guard let name = names.first(where: { $0.hasPrefix(".stowage-partial-") }) else { return 0 }
        let attributes = try? FileManager.default.attributesOfItem(atPath: spool(name))
        return (attributes?[.size] as? NSNumber)?.int64Value ?? 0
    }
}
