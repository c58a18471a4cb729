import Foundation
import StowageContract
import TestSupport
import Testing

extension EndToEnd {
    /// A worker with a server that keeps files.
    @Suite("File servers", .timeLimit(.minutes(5)))
    struct FileServers {
        @Test(
            "an archive is stored, found, proved, retrieved and deleted, and no secret is told",
            arguments: ["ftp", "sftp", "webdav"])
        func wholeWay(type: String) async throws {
            let store = try await FileServerStore.make(type)
            try await Installation.with(store.settings()) { here in
                let worker = try await here.startWorker()
                let file = try here.folder.write(
                    (0..<(3 << 20 | 1)).map { UInt8(truncatingIfNeeded: $0 &* 7 >> 3) }, to: "spool/course ü #1.mbz")
                let digest = try await Disk.digest(file)
                let task = TaskDocument.store(
                    file: file, on: type, ["path": "course 12", "sha256": digest, "removeSource": true])
                let result = try #require(try await here.run(task).stored)
                #expect(result.verified == (type == "ftp" ? .server : .reread) && !result.alreadyPresent)
                #expect(result.exclusive == (type == "sftp" ? .atomic : .checked))
                let handle = result.handle
                #expect(handle.key == "course 12/\(task.id)/course ü #1.mbz" && handle.sha256 == digest)
                #expect(try await Disk.digest(store.path(handle.key)) == digest)

                // Delivered again, and by another task under the same id: the first stands.
                try await here.send(task)
                let stat = try await here.run(TaskDocument("stat", on: type, ["handle": handle.document]))
                #expect(stat.result == .stat(StatResult(handle: handle)))
                let listed = try await here.run(TaskDocument("list", on: type, ["prefix": "course 12/"]))
                guard case .list(let list)? = listed.result else { throw UnexpectedTurn("\(listed)") }
                #expect(list.archives.map(\.key) == [handle.key])
                let verified = try await here.run(TaskDocument("verify", on: type, ["handle": handle.document]))
                guard case .verify(let proof)? = verified.result else { throw UnexpectedTurn("\(verified)") }
                #expect(proof.state == .ok && proof.actualSHA256 == digest)
                let target = here.spool("back.mbz")
                let retrieved = try await here.run(
                    TaskDocument("retrieve", on: type, ["handle": handle.document, "destination": ["file": target]]))
                guard case .retrieve(let back)? = retrieved.result else { throw UnexpectedTurn("\(retrieved)") }
                #expect(back.sha256 == digest && back.verified)
                #expect(try await Disk.digest(target) == digest)

                let deleted = try await here.run(TaskDocument("delete", on: type, ["handle": handle.document]))
                guard case .delete(let removal)? = deleted.result else { throw UnexpectedTurn("\(deleted)") }
                #expect(removal.deleted)
                #expect(!FileManager.default.fileExists(atPath: store.path(handle.key)))
                #expect(store.staged.isEmpty, "\(store.staged)")
                #expect(await worker.stop() == .code(0), "\(worker.lastLines)")
                #expect(try await here.messagesLeft().isEmpty)
                store.expectNoSecret(here, worker)
            }
        }

        @Test(
            "1 GiB whose worker is killed at half goes on by offset on another, and is right",
            arguments: ["ftp", "sftp"])
        func killedAtHalf(type: String) async throws {
            let program = try #require(
                try StowageProgram.release(),
                "no release build: run 'swift build -c release --product stowage' before")
            let store = try await FileServerStore.make(type)
            try await Installation.with(store.settings()) { here in
                let mebibytes = 1024
                let size = Int64(mebibytes) << 20
                let source = try await here.makeSource(mebibytes: mebibytes)
                let digest = try await Disk.digest(source)
                let task = TaskDocument.store(file: source, on: type, ["sha256": digest])
                let began = ContinuousClock.now
                let first = try await here.startWorker(program: program)
                try await here.send(task)
                try await require(eventually: "half of the archive, not \(store.staged)", within: .seconds(120)) {
                    store.staged.values.reduce(0, +) >= size / 2
                }
                let firstPeak = try first.memory("VmHWM")
                await first.kill()
                let there = store.staged.values.max() ?? 0
                #expect(there < size)
                let killed = ContinuousClock.now
                let second = try await here.startWorker(program: program)
                let final = try await here.events.final(of: task.id, within: .seconds(200))
                let ended = ContinuousClock.now
                let result = try #require(final.stored, "\(final)")
                let peak = try second.memory("VmHWM")
                print(
                    "\(type), 1 GiB: \(killed - began) to half, \(ended - killed) from there; \(there >> 20) MiB were there, "
                        + "resumed \(result.resumedBytes >> 20) MiB; VmHWM \(firstPeak), \(peak) KiB")
                // At most the segment that was under way is sent again.
                #expect(result.resumedBytes >= Int64(there) - (64 << 20) - (1 << 20))
                #expect(result.sourceBytes + result.resumedBytes == size)
                #expect(result.verified == (type == "ftp" ? .server : .reread) && !result.alreadyPresent)
                #expect(final.event.attempt == 1 && result.handle.sha256 == digest)
                #expect(firstPeak <= 96 * 1024 && peak <= 96 * 1024, "\(firstPeak), \(peak) KiB")
                #expect(try await Disk.digest(store.path(result.handle.key)) == digest)
                #expect(store.staged.isEmpty, "\(store.staged)")
                #expect(await second.stop() == .code(0), "\(second.lastLines)")
                #expect(try await here.messagesLeft().isEmpty)
                #expect(here.events.of(task.id).map(\.event.type) == [.succeeded])
                store.expectNoSecret(here, second)
            }
            try FileManager.default.removeItem(atPath: store.disk)
        }
    }
}
