import Foundation
import StowageContract
import TestSupport
import Testing

extension EndToEnd {
    /// Long stores whose workers die.
    @Suite("Resuming", .timeLimit(.minutes(5)))
    struct Resuming {
        /// Nobody may sweep what the next worker shall go on with.
        static let settings = Settings().with { $0.sweepSeconds = 86_400 }

        /// As large as the promise in the full run; the way is the same for less.
        private static let gibibytes = ProcessInfo.processInfo.environment["STOWAGE_TESTS_FULL"] == nil ? 1 : 4

        @Test("a long store whose worker is killed twice takes no byte again that was safe")
        func killedTwice() async throws {
            try await Installation.with(Self.settings) { here in
                let size = Int64(Self.gibibytes) << 30
                let source = try await here.makeSource(mebibytes: Self.gibibytes << 10)
                let digest = try await Disk.digest(source)
                let task = TaskDocument.store(file: source, ["sha256": digest])
                var safe: Int64 = 0
                for wanted in [size / 4, size / 2] {
                    let worker = try await here.startWorker()
                    if safe == 0 { try await here.send(task) }
                    try await require(eventually: "a checkpoint at \(wanted), not \(here.checkpoint(task))") {
                        here.checkpoint(task) >= wanted
                    }
                    await worker.kill()
                    safe = here.checkpoint(task)
                    #expect(safe >= wanted && safe < size)
                    #expect(try await Disk(here.disk("a")).archives.isEmpty)
                }
                let last = try await here.startWorker()
                let final = try await here.events.final(of: task.id, within: .seconds(120))
                let result = try #require(final.stored, "\(final)")
                print(
                    "resume: safe \(safe >> 20) MiB, resumed \(result.resumedBytes >> 20), read \(result.sourceBytes >> 20)"
                )
                #expect(result.resumedBytes >= safe)
                #expect(result.sourceBytes + result.resumedBytes == size)
                #expect(result.handle.sha256 == digest && result.handle.size == size)
                #expect(result.slices == 1 && !result.alreadyPresent && result.verified == .reread)
                #expect(final.event.attempt == 1)
                #expect(await last.stop() == .code(0), "\(last.lastLines)")
                let disk = try await Disk(here.disk("a"))
                #expect(disk.archives == ["\(task.id)/long.bin": digest])
                #expect(disk.temporaryFiles.isEmpty)
                #expect(try await here.messagesLeft().isEmpty)
            }
        }

        /// Where the worker dies, and whether something is safe by then.
        @Test(
            "a store that dies at a checkpoint goes on behind the last one",
            arguments: [
                ("before-checkpoint", false), ("after-checkpoint", true), ("after-temp-write", true),
            ])
        func crashPoint(_ point: String, isSafe: Bool) async throws {
            try await Installation.with(Self.settings) { here in
                let source = try await here.makeSource(mebibytes: 200)
                let digest = try await Disk.digest(source)
                let task = TaskDocument.store(file: source, ["removeSource": true])
                let armed = try here.launchWorker(crashPoint: point)
                try await here.send(task)
                #expect(await armed.process.ended() == .signal(SIGKILL), "\(armed.lastLines)")
                #expect(try await Disk(here.disk("a")).archives.isEmpty)
                let healthy = try await here.startWorker()
                let result = try #require(try await here.events.final(of: task.id).stored)
                #expect((result.resumedBytes > 0) == isSafe)
                #expect(result.sourceBytes + result.resumedBytes == 200 << 20)
                #expect(result.handle.sha256 == digest)
                #expect(await healthy.stop() == .code(0), "\(healthy.lastLines)")
                let disk = try await Disk(here.disk("a"))
                #expect(disk.archives == ["\(task.id)/long.bin": digest])
                #expect(disk.temporaryFiles.isEmpty)
                #expect(!FileManager.default.fileExists(atPath: source))
            }
        }

        @Test("a worker that is asked to end leaves what it has to the next one")
        func shutdown() async throws {
            try await Installation.with(Self.settings.with { $0.gracePeriodSeconds = 0 }) { here in
                let source = try await here.makeSource(mebibytes: 1024)
                let task = TaskDocument.store(file: source)
                let first = try await here.startWorker()
                try await here.send(task)
                try await require(eventually: "a checkpoint") { here.checkpoint(task) > 0 }
                #expect(await first.stop() == .code(0), "\(first.lastLines)")
                let second = try await here.startWorker()
                let result = try #require(try await here.events.final(of: task.id).stored)
                #expect(result.resumedBytes > 0 && result.sourceBytes + result.resumedBytes == 1 << 30)
                #expect(await second.stop() == .code(0), "\(second.lastLines)")
            }
        }
    }
}

extension Installation {
    /// A file of that many MiB, each of which differs; most of it a hole.
    func makeSource(mebibytes: Int) async throws -> String {
        let path = spool("long.bin")
        #expect(FileManager.default.createFile(atPath: path, contents: nil))
        let file = try #require(FileHandle(forWritingAtPath: path))
        for number in 0..<mebibytes {
            try file.seek(toOffset: UInt64(number) << 20 + UInt64(number % 1000))
            try file.write(contentsOf: Data("mebibyte \(number)".utf8))
        }
        try file.truncate(atOffset: UInt64(mebibytes) << 20)
        try file.close()
        return path
    }

    /// How much of the task's archive is noted as safe on the first disk.
    func checkpoint(_ task: TaskDocument) -> Int64 { checkpoint(task.id, on: "a") }

    /// How much of the archive in that folder is noted as safe.
    func checkpoint(_ archive: String, on driver: String) -> Int64 {
        let folder = disk(driver) + "/" + archive
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        guard let name = names.first(where: { $0.hasSuffix("-checkpoint") }),
            let data = FileManager.default.contents(atPath: folder + "/" + name),
            let record = try? JSONSerialization.jsonObject(with: data) as? [String: Any]
        else { return 0 }
        return (record["bytes"] as? NSNumber)?.int64Value ?? 0
    }
}
