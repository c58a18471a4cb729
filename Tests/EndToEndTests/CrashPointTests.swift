import Foundation
import StowageContract
import TestSupport
import Testing

extension EndToEnd {
    /// Each case is a row of the crash matrix: the worker dies there once, another one takes over.
    @Suite("Crash points", .timeLimit(.minutes(2)))
    struct CrashPoints {
        /// Where the worker dies, how many events are seen in all, and whether the archive stood by then.
        struct Row: CustomTestStringConvertible {
            var point: String
            var events: Int
            var stands: Bool

            var testDescription: String { point }

            static let all = [
                Row(point: "after-temp-write", events: 1, stands: false),
                Row(point: "after-publish", events: 1, stands: true),
                Row(point: "before-event", events: 1, stands: true),
                Row(point: "after-event", events: 2, stands: true),
                Row(point: "before-ack", events: 2, stands: true),
            ]
        }

        /// Has a worker die at the row's point in `task`, then another finish it; returns the final events.
        func cross(
            _ row: Row, _ task: TaskDocument, in here: Installation, afterDeath: () async throws -> Void
        ) async throws -> [EventCollector.Arrived] {
            let armed = try here.launchWorker(crashPoint: row.point)
            try await here.send(task)
            #expect(await armed.process.ended() == .signal(SIGKILL), "\(armed.lastLines)")
            try await afterDeath()
            let healthy = try await here.startWorker()
            try await here.events.final(of: task.id, count: row.events)
            #expect(await healthy.stop() == .code(0), "\(healthy.lastLines)")
            let finals = here.events.finals(of: task.id)
            #expect(finals.count == row.events)
            #expect(finals.allSatisfy { $0.messageID == "\(task.id)/succeeded" && $0.event.attempt == 1 })
            #expect(try await here.messagesLeft().isEmpty)
            return finals
        }

        @Test("a store that dies there ends as one archive and one kind of event", arguments: Row.all)
        func store(_ row: Row) async throws {
            try await Installation.with { here in
                let bytes = Array("an archive that must not be lost".utf8)
                let task = TaskDocument.store("archive", bytes)
                let finals = try await cross(row, task, in: here) {
                    let archives = try await Disk(here.disk("a")).archives
                    #expect(archives.isEmpty == !row.stands)
                }
                let results = finals.compactMap(\.stored)
                #expect(results.count == row.events && Set(results.map(\.handle.key)).count == 1)
                #expect(results.allSatisfy { $0.handle == results[0].handle })
                #expect(results.last?.alreadyPresent == row.stands)
                let disk = try await Disk(here.disk("a"))
                let digest = try await Disk.digest(here.folder.write(bytes, to: "original"))
                #expect(disk.archives == ["\(task.id)/archive": digest])
                #expect(disk.temporaryFiles.isEmpty && disk.orphanedManifests.isEmpty)
            }
        }

        @Test("a source that shall go is never lost, and goes only after the event", arguments: Row.all)
        func removeSource(_ row: Row) async throws {
            try await Installation.with { here in
                let bytes = (0..<400_000).map { UInt8(truncatingIfNeeded: $0 / 3) }
                let source = try here.folder.write(bytes, to: "spool/source.bin")
                let digest = try await Disk.digest(source)
                let task = TaskDocument.store(file: source, ["removeSource": true])
                let finals = try await cross(row, task, in: here) {
                    let isThere = FileManager.default.fileExists(atPath: source)
                    let archives = try await Disk(here.disk("a")).archives
                    #expect(isThere == (row.point != "before-ack"))
                    #expect(isThere || archives == ["\(task.id)/source.bin": digest])
                    if isThere { #expect(try await Disk.digest(source) == digest) }
                }
                #expect(finals.last?.stored?.handle.sha256 == digest)
                #expect(!FileManager.default.fileExists(atPath: source))
                #expect(try await Disk(here.disk("a")).archives == ["\(task.id)/source.bin": digest])
                #expect(try FileManager.default.contentsOfDirectory(atPath: here.spool("")).isEmpty)
            }
        }

        @Test("a retrieve that dies there ends as one whole file", arguments: Row.all)
        func retrieve(_ row: Row) async throws {
            try await Installation.with { here in
                let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 / 5) }
                let storing = try await here.startWorker()
                let handle = try #require(try await here.run(.store("archive", bytes)).stored?.handle)
                #expect(await storing.stop() == .code(0), "\(storing.lastLines)")
                let target = here.spool("restored.bin")
                let task = TaskDocument("retrieve", ["handle": handle.document, "destination": ["file": target]])
                let finals = try await cross(row, task, in: here) {
                    #expect(FileManager.default.fileExists(atPath: target) == row.stands)
                }
                for case .retrieve(let result)? in finals.map(\.result) {
                    #expect(result.sha256 == handle.sha256 && result.size == 100_000 && result.verified)
                }
                #expect(finals.compactMap(\.result).count == row.events)
                #expect(try await Disk.digest(target) == handle.sha256)
                #expect(try FileManager.default.contentsOfDirectory(atPath: here.spool("")) == ["restored.bin"])
            }
        }
    }
}
