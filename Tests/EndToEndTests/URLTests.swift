import Foundation
import StowageContract
import TestSupport
import Testing

extension EndToEnd {
    /// Sources and destinations over HTTP, served by an implementation that is not ours.
    @Suite("URLs", .timeLimit(.minutes(3)))
    struct URLs {
        /// Settings whose tasks may name these hosts.
        static func settings(_ hosts: String..., credentials: String = "{}") -> Settings {
            Settings().with { settings in
                settings.sources = "{ allow: [\(hosts.joined(separator: ", "))], credentials: \(credentials) }"
                settings.sweepSeconds = 86_400
            }
        }

        /// A store of what a URL names.
        static func store(_ url: String, _ more: [String: Any] = [:], source: [String: Any] = [:]) -> TaskDocument {
            var task = TaskDocument.store("from-afar.bin", [])
            task.data["source"] = ["url": url].merging(source) { $1 }
            task.data.merge(more) { $1 }
            return task
        }

        private static let bytes = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 / 11) }

        /// No secret of a task or of the configuration is in what anybody can read.
        private func expectNoSecret(_ here: Installation, _ worker: WorkerProcess) async throws {
            for arrived in here.events.tasks.values.joined() { #expect(!"\(arrived)".contains("s3cret")) }
            for line in worker.process.errors.value { #expect(!line.text.contains("s3cret")) }
            let parked = try await here.stowage(as: .operator_, "dead", "list", "--json")
            #expect(!parked.output.contains("s3cret"))
        }

        @Test("an archive comes from one URL and goes to another, and nothing of either is told")
        func there() async throws {
            let server = try await FileServer()
            let settings = Self.settings(
                "\"127.0.0.1:\(server.port)\"",
                credentials: "{ login: { hosts: [127.0.0.1], allowHTTP: true, bearerToken: s3cret-token } }")
            try await Installation.with(settings) { here in
                let worker = try await here.startWorker()
                let digest = try await Disk.digest(server.write(Self.bytes, to: "a.bin"))
                let store = Self.store(
                    server.url("/a.bin?key=s3cret"), ["sha256": digest, "size": Self.bytes.count],
                    source: ["credentials": "login"])
                let result = try #require(try await here.run(store).stored)
                #expect(result.handle.sha256 == digest && result.sourceBytes == Self.bytes.count)
                #expect(try await Disk(here.disk("a")).archives == ["\(store.id)/from-afar.bin": digest])

                let retrieve = TaskDocument(
                    "retrieve",
                    [
                        "handle": result.handle.document,
                        "destination": ["url": server.url("/b.bin?key=s3cret"), "headers": ["X-Key": "s3cret"]],
                    ])
                guard case .retrieve(let sent)? = try await here.run(retrieve).result else {
                    throw UnexpectedTurn("no result")
                }
                #expect(sent.sha256 == digest && sent.verified)
                #expect(try await Disk.digest(server.file("b.bin")) == digest)
                let requests = server.requests
                #expect(requests.map(\.method) == ["GET", "PUT"])
                #expect(requests.first?.headers["Authorization"] == "Bearer s3cret-token")
                #expect(requests.last?.headers["X-Key"] == "s3cret")
                try await expectNoSecret(here, worker)
                #expect(await worker.stop() == .code(0), "\(worker.lastLines)")
                #expect(try await here.messagesLeft().isEmpty)
            }
        }

        @Test("what the configuration does not allow is refused, however it is asked for")
        func refused() async throws {
            let (server, inside) = (try await FileServer(), try await FileServer())
            try inside.write(Array("inside".utf8), to: "a")
            let digest = try await Disk.digest(server.write(Self.bytes, to: "a"))
            // The name may be asked, what it is resolved to may not; of the addresses only one port.
            let settings = Self.settings("localhost", "\"127.0.0.1:\(server.port)\"")
            try await Installation.with(settings) { here in
                let worker = try await here.startWorker()
                let target = inside.url("/a?s3cret").addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
                let tasks = [
                    Self.store(inside.url("/a?s3cret")), Self.store(inside.url("/a?s3cret", host: "localhost")),
                    Self.store(server.url("/to/" + target)), Self.store("http://127.0.0.1.nip.io/a?s3cret"),
                    Self.store("http://169.254.169.254/latest/meta-data?s3cret"),
                ]
                for task in tasks {
                    let error = try #require(try await here.run(task).error)
                    #expect(error.code == .permissionDenied && error.place == .source && !error.retryable)
                }
                let wrong = Self.store(server.url("/a"), ["sha256": String(digest.reversed())])
                let mismatch = try #require(try await here.run(wrong).error)
                #expect(mismatch.code == .integrityMismatch && mismatch.place == .source)
                #expect(inside.requests.isEmpty)
                #expect(try await Disk(here.disk("a")).archives.isEmpty)
                #expect(try await Disk(here.disk("a")).temporaryFiles.isEmpty)
                #expect(try await here.parked().count == tasks.count + 1)
                try await expectNoSecret(here, worker)
                #expect(await worker.stop() == .code(0), "\(worker.lastLines)")
            }
        }

        @Test("a server that is busy is asked again when it said, and then has the archive")
        func busy() async throws {
            let server = try await FileServer()
            let settings = Self.settings("127.0.0.1").with { $0.delays = "[50ms, 1500ms, 1h]" }
            try await Installation.with(settings) { here in
                let worker = try await here.startWorker()
                let digest = try await Disk.digest(server.write(Self.bytes, to: "a"))
                let task = Self.store(server.url("/busy/a"))
                try await here.send(task)
                let retrying = try await here.events.first(.retrying, of: task.id)
                guard case .retrying(let error, let at) = retrying.event.happening else {
                    throw UnexpectedTurn("\(retrying)")
                }
                #expect(error.code == .unavailable && error.place == .source && error.context["status"] == "503")
                // One second, rounded up to the rung above.
                let wait = at.millisecondsSinceEpoch - retrying.event.time.millisecondsSinceEpoch
                #expect((1300...1600).contains(wait))
                let result = try #require(try await here.events.final(of: task.id).stored)
                #expect(result.handle.sha256 == digest)
                #expect(await worker.stop() == .code(0), "\(worker.lastLines)")
            }
        }

        @Test("a long store whose worker is killed asks for the rest only")
        func resumed() async throws {
            let server = try await FileServer()
            try await Installation.with(Self.settings("127.0.0.1")) { here in
                let source = try await here.makeSource(mebibytes: 320)
                try FileManager.default.moveItem(atPath: source, toPath: server.file("long.bin"))
                let digest = try await Disk.digest(server.file("long.bin"))
                let task = Self.store(server.url("/slowly/long.bin"), ["sha256": digest])
                let first = try await here.startWorker()
                try await here.send(task)
                try await require(eventually: "a checkpoint") { here.checkpoint(task) > 0 }
                await first.kill()
                let safe = here.checkpoint(task)
                #expect(try await Disk(here.disk("a")).archives.isEmpty)
                let second = try await here.startWorker()
                let result = try #require(try await here.events.final(of: task.id).stored)
                #expect(result.resumedBytes >= safe && result.handle.sha256 == digest)
                #expect(result.sourceBytes + result.resumedBytes == 320 << 20)
                #expect(try await Disk(here.disk("a")).archives == ["\(task.id)/from-afar.bin": digest])
                // What was asked for when the second worker had seen that it could go on.
                let last = try #require(server.requests.last)
                #expect(last.headers["Range"] == "bytes=\(result.resumedBytes)-" && last.status == 206)
                #expect(last.bytes == (320 << 20) - Int(result.resumedBytes))
                #expect(await second.stop() == .code(0), "\(second.lastLines)")
            }
        }

        @Test("a store from a URL beyond the acknowledgement timeout is handed over, and goes on by range")
        func handedOver() async throws {
            let server = try await FileServer()
            let settings = EndToEnd.HandOver.settings.with { $0.sources = "{ allow: [127.0.0.1] }" }
            try await Installation.with(settings, on: try EndToEnd.HandOver().impatientServer()) { here in
                let source = try await here.makeSource(mebibytes: 768)
                try FileManager.default.moveItem(atPath: source, toPath: server.file("long.bin"))
                let digest = try await Disk.digest(server.file("long.bin"))
                let workers = [try await here.startWorker(), try await here.startWorker()]
                let task = Self.store(server.url("/slowly/long.bin"))
                let began = ContinuousClock.now
                try await here.send(task)
                let final = try await here.events.final(of: task.id, within: .seconds(90))
                let took = ContinuousClock.now - began
                let result = try #require(final.stored, "\(final)")
                print(
                    "hand-over of a URL: \(result.slices) slices in \(took), \(result.resumedBytes >> 20) MiB resumed")
                #expect(took > .seconds(EndToEnd.HandOver.seconds + 1), "it was too fast to prove anything: \(took)")
                #expect(result.slices >= 2 && result.handle.sha256 == digest && !result.alreadyPresent)
                #expect(result.resumedBytes > 0 && result.sourceBytes + result.resumedBytes == 768 << 20)
                #expect(final.event.attempt == 1 && here.events.finals(of: task.id).count == 1)
                #expect(server.requests.count { $0.headers["Range"] != nil } == result.slices - 1)
                for worker in workers { #expect(await worker.stop() == .code(0), "\(worker.lastLines)") }
                #expect(try await here.messagesLeft().isEmpty)
            }
        }

        @Test("an operator ends a store whose server stalls, at once")
        func cancelled() async throws {
            let server = try await FileServer()
            try await Installation.with(Self.settings("127.0.0.1")) { here in
                let worker = try await here.startWorker()
                try server.write(Self.bytes, to: "a")
                let task = Self.store(server.url("/stalling/a"))
                try await here.send(task)
                try await require(eventually: "the server to stall") { server.isStalling }
                let command = try await here.stowage(as: .operator_, "cancel", task.id)
                #expect(command.exit == .code(0), "\(command.errors)")
                let end = try await here.events.final(of: task.id)
                #expect(end.event.type == .cancelled)
                try await require(eventually: "the end of the request", within: .seconds(5)) {
                    !server.requests.isEmpty
                }
                #expect(try await Disk(here.disk("a")).archives.isEmpty)
                #expect(await worker.stop() == .code(0), "\(worker.lastLines)")
                #expect(try await here.messagesLeft().isEmpty)
            }
        }

        @Test("whoever is sent a damaged archive never has all of it")
        func damaged() async throws {
            let server = try await FileServer()
            try await Installation.with(Self.settings("127.0.0.1").with { $0.maxAttempts = 1 }) { here in
                let worker = try await here.startWorker()
                // More than waits for a connection: what is found damaged before there is one is never sent.
                let size = 4_000_000
                let source = try here.folder.write((0..<size).map { UInt8(truncatingIfNeeded: $0 / 11) }, to: "spool/a")
                let handle = try #require(try await here.run(.store(file: source)).stored?.handle)
                let path = here.disk("a") + "/" + handle.key
                try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
                let file = try #require(FileHandle(forWritingAtPath: path))
                try file.write(contentsOf: Data("damage".utf8))
                try file.close()
                let task = TaskDocument(
                    "retrieve", ["handle": handle.document, "destination": ["url": server.url("/b.bin")]])
                let error = try #require(try await here.run(task).error)
                #expect(error.code == .integrityMismatch && error.place == .driver)
                #expect(!FileManager.default.fileExists(atPath: server.file("b.bin")))
                try await require(eventually: "the end of the PUT") { server.requests.contains { $0.method == "PUT" } }
                let request = try #require(server.requests.first { $0.method == "PUT" })
                #expect(request.status == nil && request.bytes <= size - 65_536)
                #expect(await worker.stop() == .code(0), "\(worker.lastLines)")
            }
        }
    }
}
