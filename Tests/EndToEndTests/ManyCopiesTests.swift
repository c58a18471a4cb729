import Foundation
import StowageContract
import TestSupport
import Testing

extension EndToEnd {
    @Suite("Many copies", .timeLimit(.minutes(2)))
    struct ManyCopies {
        private static let settings = Settings().with {
            $0.drivers = [("a", "peers: [b, c, d]"), ("b", ""), ("c", ""), ("d", "")]
            $0.maxAttempts = 100
            $0.delays = "[200ms]"
        }

        @Test("of three copies one has no disk: two handles, one honest error, and a task that makes it later")
        func oneDown() async throws {
            try await Installation.with(Self.settings) { here in
                let away = here.folder.path("away")
                try FileManager.default.moveItem(atPath: here.disk("c"), toPath: away)
                let worker = try await here.startWorker()
                let bytes = (0..<3_000_001).map { UInt8(truncatingIfNeeded: $0 * 13 >> 3) }
                let source = try here.folder.write(bytes, to: "spool/copied.bin")
                let digest = try await Disk.digest(source)

                let task = TaskDocument.store(file: source, ["copies": ["b", "c", "d"], "removeSource": true])
                    .with(["fallbacks": [String]()])
                let stored = try await here.run(task)
                let result = try #require(stored.stored, "\(stored)")
                #expect(result.sourceBytes == Int64(bytes.count))
                var standing: [String] = []
                var followUp: TaskID?
                for copy in result.copies {
                    switch copy {
                    case .stands(let driver, let handle):
                        standing.append(driver.text)
                        #expect(handle.key == result.handle.key && handle.sha256 == digest)
                        #expect(try await Disk.digest(here.disk(driver.text) + "/" + handle.key) == digest)
                    case .missing(let driver, let error, let task):
                        #expect(driver.text == "c" && error.code == .unavailable && error.place == .driver)
                        followUp = task
                    }
                }
                #expect(standing == ["b", "d"])
                let id = try #require(followUp).text
                // Not every copy stands, so the source does.
                _ = try await here.events.first(.sourceKept, of: task.id)
                #expect(try await Disk.digest(source) == digest)

                try await require(eventually: "the follow-up to be tried") { !here.events.of(id).isEmpty }
                #expect(here.events.finals(of: id).isEmpty)
                try FileManager.default.moveItem(atPath: away, toPath: here.disk("c"))
                let copied = try await here.events.final(of: id)
                guard case .copy(let handle)? = copied.result else { throw UnexpectedTurn("\(copied)") }
                #expect(handle.driver.text == "c" && handle.key == result.handle.key && handle.sha256 == digest)
                #expect(copied.correlationID == task.id)
                #expect(try await Disk.digest(here.disk("c") + "/" + handle.key) == digest)
                #expect(await worker.stop() == .code(0), "\(worker.lastLines)")
            }
        }

        @Test("a worker that is killed at any point leaves a task that ends with every copy")
        func killed() async throws {
            for point in ["after-temp-write", "after-publish", "before-event", "after-event", "before-ack"] {
                try await Installation.with(Self.settings) { here in
                    let task = TaskDocument.store("n", [1, 2, 3], ["copies": ["b", "d"]])
                        .with(["fallbacks": [String]()])
                    let first = try here.launchWorker(crashPoint: point)
                    try await here.send(task)
                    #expect(await first.process.ended() == .signal(SIGKILL), "\(point)")
                    let second = try await here.startWorker()
                    let result = try #require(try await here.events.final(of: task.id).stored)
                    #expect(result.copies.count == 2)
                    for copy in result.copies {
                        guard case .stands(_, let handle) = copy else {
                            Issue.record("\(point): \(copy)")
                            continue
                        }
                        #expect(handle.key == result.handle.key)
                    }
                    for driver in ["a", "b", "d"] {
                        #expect(try await Disk(here.disk(driver)).archives.count == 1, "\(point): \(driver)")
                    }
                    #expect(await second.stop() == .code(0), "\(second.lastLines)")
                }
            }
        }
    }
}
