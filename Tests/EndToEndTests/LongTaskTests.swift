import Foundation
import Messaging
import StowageContract
import TestSupport
import Testing

extension EndToEnd {
    @Suite("Long tasks", .timeLimit(.minutes(4)))
    struct LongTasks {
        private func timestamp(inSeconds seconds: Double) -> String {
            Timestamp(millisecondsSinceEpoch: Int64((Date().timeIntervalSince1970 + seconds) * 1000)).text
        }

        @Test("a store of 4 GiB tells how far it is, and then that it is done")
        func progress() async throws {
            try await Installation.with(Settings().with { $0.events = "{ progressSeconds: 1 }" }) { here in
                let size: Int64 = 4 << 30
                let source = here.spool("large.bin")
                try await ChildProcess.run(["truncate", "--size=4G", source])
                let worker = try await here.startWorker()
                let task = TaskDocument.store(file: source).with(["options": ["progress": true]])
                try await here.send(task)
                let final = try await here.events.final(of: task.id, within: .seconds(200))
                #expect(final.stored?.handle.size == size, "\(final)")
                let reports = here.events.of(task.id).filter { $0.event.type == .progress }
                #expect(reports.count >= 2, "too few to see anything")
                var last: Int64 = -1
                for (index, report) in reports.enumerated() {
                    #expect(report.messageID == "\(task.id)/progress/1.\(index + 1)")
                    #expect(report.routingKey == "progress.a.store.moodle")
                    guard case .progress(let done, let total) = report.event.happening else { continue }
                    #expect(done >= last && done <= size && total == size, "\(done) of \(total ?? -1)")
                    last = done
                }
                let times = reports.map(\.event.time.millisecondsSinceEpoch)
                // The interval is one of the monotonic clock, the times are whole milliseconds of the other.
                for (earlier, later) in zip(times, times.dropFirst()) { #expect(later - earlier >= 990) }
                #expect(await worker.stop() == .code(0), "\(worker.lastLines)")
            }
        }

        @Test("a deadline in the middle of a store of 40 GiB: expired, parked, and nothing of it left")
        func deadline() async throws {
            try await Installation.with { here in
                let source = here.spool("huge.bin")
                try await ChildProcess.run(["truncate", "--size=40G", source])
                let worker = try await here.startWorker()
                let task = TaskDocument.store(file: source).with(["options": ["deadline": timestamp(inSeconds: 3)]])
                try await here.send(task)
                let final = try await here.events.final(of: task.id, within: .seconds(60))
                #expect(final.event.type == .failed && final.error?.code == .expired, "\(final)")
                #expect(final.error?.place == .task && final.error?.retryable == false)
                guard case .failed(_, let attempts, let possibleCopies) = final.event.happening else { return }
                #expect(attempts.count == 1 && attempts.first?.startedAt != nil, "it had begun")
                #expect(possibleCopies.isEmpty)
                let disk = try await Disk(here.disk("a"))
                #expect(disk.archives.isEmpty && disk.records.isEmpty, "\(disk)")
                #expect(try await here.parked().count == 1)
                // The slot is free again.
                let next = try await here.run(.store("small.txt", [1, 2, 3]))
                #expect(next.event.type == .succeeded)
                #expect(await worker.stop() == .code(0), "\(worker.lastLines)")
            }
        }

        @Test("a message that expires while its task runs has the same wall")
        func expiration() async throws {
            try await Installation.with { here in
                let source = here.spool("huge.bin")
                try await ChildProcess.run(["truncate", "--size=40G", source])
                try await here.startWorker()
                let task = TaskDocument.store(file: source)
                try await here.send(task) { properties in
                    properties.timestamp = Int64(Date().timeIntervalSince1970)
                    properties.expiration = "3000"
                }
                let final = try await here.events.final(of: task.id, within: .seconds(60))
                #expect(final.error?.code == .expired, "\(final)")
                #expect(try await Disk(here.disk("a")).archives.isEmpty)
            }
        }
    }
}
