import Foundation
import StowageContract
import TestSupport
import Testing

extension EndToEnd {
    @Suite("Copies and repair", .timeLimit(.minutes(3)))
    struct Copies {
        static let peers = Settings().with { $0.drivers = [("a", "peers: [b]"), ("b", "peers: [a]")] }

        private static let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 / 7) }

        private func copy(
            _ handle: ArchiveHandle, to driver: String, id: String = TaskDocument.newID(), _ more: [String: Any] = [:]
        ) -> TaskDocument {
            let data: [String: Any] = ["handle": handle.document, "to": driver]
            return TaskDocument("copy", on: handle.driver.text, id: id, data.merging(more) { $1 })
        }

        private func copied(_ arrived: EventCollector.Arrived) throws -> ArchiveHandle {
            guard case .copy(let handle)? = arrived.result else { throw UnexpectedTurn("\(arrived)") }
            return handle
        }

        private func state(_ handle: ArchiveHandle, in here: Installation) async throws -> VerifyResult.State? {
            let task = TaskDocument("verify", on: handle.driver.text, ["handle": handle.document])
            guard case .verify(let result)? = try await here.run(task).result else { return nil }
            return result.state
        }

        private func damage(_ handle: ArchiveHandle, in here: Installation) throws {
            let path = here.disk(handle.driver.text) + "/" + handle.key
            try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
            let file = try #require(FileHandle(forWritingAtPath: path))
            try file.seek(toOffset: 1000)
            try file.write(contentsOf: Data("damage".utf8))
            try file.close()
        }

        @Test("a copy keeps its key and moves: one archive at the other driver, one event id, however often delivered")
        func move() async throws {
            try await Installation.with(Self.peers) { here in
                let worker = try await here.startWorker()
                let source = try here.folder.write(Self.bytes, to: "spool/quiz.bin")
                let store = TaskDocument.store(file: source, ["path": "course-12", "metadata": ["course": "12"]])
                let original = try #require(try await here.run(store).stored?.handle)
                let task = copy(original, to: "b", ["removeSource": true])
                let first = try await here.run(task)
                #expect(first.messageID == "\(task.id)/succeeded" && first.routingKey == "succeeded.a.copy.moodle")
                let handle = try copied(first)
                var expected = original
                expected.driver = handle.driver
                expected.storeID = handle.storeID
                #expect(handle.driver.text == "b" && handle == expected)
                try await require(eventually: "the source to go") {
                    !FileManager.default.fileExists(atPath: here.disk("a") + "/" + original.key)
                }
                #expect(try await Disk(here.disk("a")).archives.isEmpty)
                try await here.send(task)
                let second = try await here.events.final(of: task.id, count: 2)
                #expect(second.messageID == first.messageID, "\(second)")
                #expect(try copied(second) == handle)
                #expect(await worker.stop() == .code(0), "\(worker.lastLines)")
                #expect(here.events.of(task.id).count == 2)
                let disk = try await Disk(here.disk("b"))
                #expect(disk.archives == [original.key: original.sha256] && disk.temporaryFiles.isEmpty)
                #expect(try await here.messagesLeft().isEmpty)
            }
        }

        @Test("what is missing, damaged, or damaged and retained is repaired from its copy")
        func repair() async throws {
            try await Installation.with(Self.peers) { here in
                try await here.startWorker()
                let original = try #require(
                    try await here.run(.store("archive", Array(Self.bytes.prefix(100_000)))).stored?.handle)
                let copy = try copied(await here.run(copy(original, to: "b")))
                let path = here.disk("a") + "/" + original.key

                // Missing: copied back, and the first handle is good again.
                try FileManager.default.removeItem(atPath: path)
                #expect(try await state(original, in: here) == .missing)
                #expect(try copied(await here.run(self.copy(copy, to: "a"))) == original)
                #expect(try await state(original, in: here) == .ok)

                // Damaged: no copy says that it stands; deleted, with a reason, it makes room for one.
                try damage(original, in: here)
                #expect(try await state(original, in: here) == .mismatch)
                let refused = try await here.run(self.copy(copy, to: "a"))
                #expect(refused.error?.code == .integrityMismatch && refused.error?.place == .destination, "\(refused)")
                #expect(refused.error?.driver?.text == "a")
                let delete = TaskDocument("delete", ["handle": original.document, "reason": "damaged"])
                #expect(try await here.run(delete).result == .delete(DeleteResult(deleted: true, absent: false)))
                #expect(try copied(await here.run(self.copy(copy, to: "a"))) == original)
                #expect(try await state(original, in: here) == .ok)

                // Damaged and retained: it stays, and the copy gets a place of its own.
                let retention: [String: Any] = ["mode": "governance", "until": "2099-01-01T00:00:00Z"]
                for driver in ["a", "b"] {
                    let retain = TaskDocument("retain", on: driver, ["key": original.key, "retention": retention])
                    #expect(try await here.run(retain).error == nil)
                }
                try damage(original, in: here)
                let kept = try await here.run(TaskDocument("delete", ["key": original.key, "reason": "damaged"]))
                #expect(kept.error?.code == .retained && kept.error?.context["until"] == "2099-01-01T00:00:00.000Z")
                let beside = self.copy(copy, to: "a", ["path": "repaired"])
                let handle = try copied(await here.run(beside))
                #expect(handle.key == "repaired/\(beside.id)/archive" && handle.sha256 == original.sha256)
                #expect(handle.retention?.until.text == "2099-01-01T00:00:00.000Z")
                #expect(try await state(handle, in: here) == .ok)
                let disk = try await Disk(here.disk("a"))
                #expect(disk.archives.count == 2 && disk.archives[handle.key] == original.sha256)
            }
        }

        @Test("a retained source stays, the event says until when, and the copy is retained as well")
        func retainedSource() async throws {
            try await Installation.with(Self.peers) { here in
                try await here.startWorker()
                let retention: [String: Any] = ["mode": "compliance", "until": "2099-01-01T00:00:00Z"]
                let stored = try await here.run(
                    .store("archive", [1, 2, 3], ["retention": retention, "legalHold": true]))
                let original = try #require(stored.stored?.handle)
                let task = copy(original, to: "b", ["removeSource": true])
                let handle = try copied(await here.run(task))
                let kept = try await here.events.first(.sourceKept, of: task.id)
                guard case .sourceKept(let reason) = kept.event.happening else { throw UnexpectedTurn("\(kept)") }
                #expect(
                    reason.contains("retained") && reason.contains("2099-01-01") && reason.contains(stored.event.task))
                #expect(handle.retention == original.retention && handle.legalHold)
                for archive in [original, handle] {
                    let delete = TaskDocument("delete", on: archive.driver.text, ["handle": archive.document])
                    let refused = try await here.run(delete)
                    #expect(refused.error?.code == .retained)
                    #expect(refused.error?.context["holds"] == stored.event.task)
                }
            }
        }

        @Test("a target that is away is waited for, and the copy is made when it is back")
        func targetAway() async throws {
            let settings = Self.peers.with {
                $0.maxAttempts = 50
                $0.delays = "[200ms]"
            }
            try await Installation.with(settings) { here in
                try FileManager.default.moveItem(atPath: here.disk("b"), toPath: here.disk("away"))
                try await here.startWorker()
                let original = try #require(try await here.run(.store("archive", [1, 2, 3])).stored?.handle)
                let task = copy(original, to: "b", id: "c-" + String(repeating: "0f", count: 16))
                try await here.send(task)
                let retrying = try await here.events.first(.retrying, of: task.id)
                #expect(retrying.error?.code == .unavailable && retrying.error?.place == .destination)
                #expect(retrying.error?.driver?.text == "b")
                try FileManager.default.moveItem(atPath: here.disk("away"), toPath: here.disk("b"))
                let final = try await here.events.final(of: task.id)
                #expect(try copied(final).driver.text == "b")
            }
        }
    }
}

extension EndToEnd.CrashPoints {
    @Test("a copy that dies there ends as one copy, and its source goes only after the event", arguments: Row.all)
    func copy(_ row: Row) async throws {
        try await Installation.with(EndToEnd.Copies.peers) { here in
            let storing = try await here.startWorker()
            let bytes = (0..<400_000).map { UInt8(truncatingIfNeeded: $0 / 3) }
            let source = try here.folder.write(bytes, to: "spool/source.bin")
            let original = try #require(try await here.run(.store(file: source)).stored?.handle)
            #expect(await storing.stop() == .code(0), "\(storing.lastLines)")
            let task = TaskDocument(
                "copy", ["handle": original.document, "to": "b", "removeSource": true])
            let finals = try await cross(row, task, in: here) {
                let (a, b) = (try await Disk(here.disk("a")).archives, try await Disk(here.disk("b")).archives)
                #expect(b.isEmpty == !row.stands)
                #expect(a.isEmpty == (row.point == "before-ack"))
                for (key, digest) in a.merging(b, uniquingKeysWith: { $1 }) {
                    #expect(key == original.key && digest == original.sha256)
                }
            }
            let handles = finals.compactMap { arrived -> ArchiveHandle? in
                if case .copy(let handle)? = arrived.result { handle } else { nil }
            }
            #expect(handles.count == row.events && handles.allSatisfy { $0 == handles[0] })
            #expect(handles.first?.key == original.key)
            let disk = try await Disk(here.disk("b"))
            #expect(disk.archives == [original.key: original.sha256])
            #expect(disk.temporaryFiles.isEmpty && disk.orphanedManifests.isEmpty)
            #expect(try await Disk(here.disk("a")).archives.isEmpty)
        }
    }
}
