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
}
