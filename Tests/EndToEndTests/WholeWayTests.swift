import Foundation
import StowageContract
import TestSupport
import Testing

extension EndToEnd {
    @Suite("The whole way", .timeLimit(.minutes(2)))
    struct WholeWay {
        @Test("an archive is stored, found, proved, retrieved and deleted, handle by handle")
        func inlineArchive() async throws {
            try await Installation.with { here in
                let worker = try await here.startWorker()
                let bytes = (0..<5000).map { UInt8(truncatingIfNeeded: $0 * 7) }
                let original = try here.folder.write(bytes, to: "original")
                let digest = try await Disk.digest(original)

                let store = TaskDocument.store(
                    "quiz 17.tar.gz", bytes,
                    [
                        "path": "course-12", "metadata": ["course": "12"], "mediaType": "application/gzip",
                        "labels": ["quiz"],
                    ])
                let stored = try await here.run(store)
                let result = try #require(stored.stored, "\(stored)")
                let handle = result.handle
                #expect(stored.messageID == "\(store.id)/succeeded" && stored.correlationID == store.id)
                #expect(stored.routingKey == "succeeded.a.store.moodle")
                #expect(stored.event.requestedByUser == "moodle" && stored.event.requestedByApp == "moodle")
                #expect(stored.event.labels == ["quiz"])
                #expect(handle.key == "course-12/\(store.id)/quiz 17.tar.gz" && handle.sha256 == digest)
                #expect(!result.alreadyPresent && result.verified == .reread && result.exclusive == .atomic)
                #expect(result.durability == .full && handle.metadata == ["course": "12"])
                let path = here.disk("a") + "/" + handle.key
                #expect(try await Disk.digest(path) == digest)
                #expect(try Disk.mode(path) == "440")

                let stat = try await here.run(TaskDocument("stat", ["handle": handle.document]))
                #expect(stat.result == .stat(StatResult(handle: handle)))
                guard case .list(let list)? = try await here.run(TaskDocument("list", ["prefix": "course-12/"])).result
                else { throw UnexpectedTurn("no list") }
                #expect(list.archives.map(\.key) == [handle.key] && list.next == nil)
                guard
                    case .verify(let proof)? = try await here.run(
                        TaskDocument("verify", ["handle": handle.document])
                    ).result
                else { throw UnexpectedTurn("no proof") }
                #expect(proof.state == .ok && proof.actualSHA256 == digest)

                let target = here.spool("back.tar.gz")
                let retrieved = try await here.run(
                    TaskDocument("retrieve", ["handle": handle.document, "destination": ["file": target]]))
                guard case .retrieve(let back)? = retrieved.result else {
                    throw UnexpectedTurn("\(retrieved)")
                }
                #expect(back.size == 5000 && back.sha256 == digest && back.verified)
                #expect(try await Disk.digest(target) == digest)

                let again = try await here.run(
                    TaskDocument.store("copy", [], on: "b", ["source": ["handle": handle.document]]))
                #expect(again.error?.code == .permissionDenied)
                let deleted = try await here.run(TaskDocument("delete", ["handle": handle.document]))
                #expect(deleted.result == .delete(DeleteResult(deleted: true, absent: false)))
                let gone = try await here.run(TaskDocument("stat", ["handle": handle.document]))
                #expect(gone.result == .stat(StatResult(handle: nil)))
                #expect(try await Disk(here.disk("a")).archives.isEmpty)

                #expect(await worker.stop() == .code(0), "\(worker.lastLines)")
                #expect(try await here.messagesLeft() == ["stowage.dead": 1])
                #expect(here.events.problems.isEmpty)
            }
        }

        @Test("a file of some MiB goes from disk to disk through handles, with its source removed")
        func fileArchive() async throws {
            let settings = Settings().with { $0.drivers = [("a", "peers: [b]"), ("b", "peers: [a]")] }
            try await Installation.with(settings) { here in
                let worker = try await here.startWorker()
                var generator = SystemRandomNumberGenerator()
                let bytes = (0..<(5 << 20 | 1)).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
                let source = try here.folder.write(bytes, to: "spool/course.mbz")
                let digest = try await Disk.digest(source)

                let first = try await here.run(
                    .store(file: source, ["removeSource": true, "sha256": digest, "size": bytes.count]))
                let handle = try #require(first.stored?.handle, "\(first)")
                try await require(eventually: "the source to go") { !FileManager.default.fileExists(atPath: source) }

                var onward = TaskDocument.store("course.mbz", [], on: "b")
                onward.data["source"] = ["handle": handle.document]
                let second = try await here.run(onward)
                let copy = try #require(second.stored?.handle, "\(second)")
                #expect(copy.sha256 == digest && copy.driver.text == "b")
                #expect(try await Disk(here.disk("b")).archives == [copy.key: digest])

                let target = here.spool("restored.mbz")
                try await here.run(
                    TaskDocument("retrieve", on: "b", ["handle": copy.document, "destination": ["file": target]]))
                #expect(try await Disk.digest(target) == digest)
                let sources = here.events.tasks.values.joined().filter { $0.event.type == .sourceKept }
                #expect(sources.isEmpty)
                #expect(await worker.stop() == .code(0), "\(worker.lastLines)")
                #expect(try await here.messagesLeft().isEmpty)
            }
        }

        @Test("the operator's commands do the same, and say it as JSON")
        func commands() async throws {
            try await Installation.with { here in
                try await here.startWorker()
                let source = try here.folder.write("what a quiz", to: "spool/quiz.txt")
                let digest = try await Disk.digest(source)
                let store = try await here.stowage(as: .operator_, "store", source, "-d", "a", "--wait", "--json")
                #expect(store.exit == .code(0), "\(store.errors)")
                let result = store.documents.first?["result"] as? [String: Any]
                let handle = try #require(result?["handle"] as? [String: Any], "\(store.output)")
                let key = try #require(handle["key"] as? String)
                #expect(handle["sha256"] as? String == digest)

                let target = here.spool("back.txt")
                let retrieve = try await here.stowage(as: .operator_, "retrieve", key, "-d", "a", "--to", target)
                #expect(retrieve.exit == .code(0), "\(retrieve.errors)")
                #expect(try await Disk.digest(target) == digest)
                let verify = try await here.stowage(as: .operator_, "verify", key, "-d", "a")
                #expect(verify.exit == .code(0), "\(verify.errors)")
                let list = try await here.stowage(as: .operator_, "list", "-d", "a")
                #expect(list.exit == .code(0) && list.output.contains(key), "\(list.errors)")
                let stat = try await here.stowage(as: .operator_, "stat", key, "-d", "a")
                #expect(stat.exit == .code(0), "\(stat.errors)")
                let capacity = try await here.stowage(as: .operator_, "capacity", "a", "--json")
                #expect(capacity.exit == .code(0), "\(capacity.errors)")
                let check = try await here.stowage(as: .operator_, "check", "a", "--json")
                #expect(check.exit == .code(0), "\(check.errors)")
                let delete = try await here.stowage(as: .operator_, "delete", key, "-d", "a")
                #expect(delete.exit == .code(0), "\(delete.errors)")
                let missing = try await here.stowage(as: .operator_, "verify", key, "-d", "a")
                #expect(missing.exit == .code(1))
                #expect(try await Disk(here.disk("a")).archives.isEmpty)
                #expect(try await here.parked().isEmpty)
            }
        }
    }
}
