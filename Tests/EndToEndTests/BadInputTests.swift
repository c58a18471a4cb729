import Foundation
import Messaging
import StowageContract
import TestSupport
import Testing

extension EndToEnd {
    /// What anybody who may publish can send.
    @Suite("Bad input", .timeLimit(.minutes(2)))
    struct BadInput {
        /// A message that must be answered once, and how.
        private struct Trick {
            var name: String
            var body: [UInt8]
            var key = "a.store"
            var code = ErrorCode.invalidTask
            /// Part of the sentence.
            var says = ""
            var replyTo: String?
            var messageID: String?
            /// The task id of its event, where it is not the message's id.
            var task: String?
        }

        private static func text(_ text: String) -> [UInt8] { Array(text.utf8) }

        private static func store(_ members: String) -> [UInt8] {
            text(#"{"data":{"name":"n","source":{"inline":"AQID"}"# + members)
        }

        private func tricks(_ here: Installation) async throws -> [Trick] {
            let spool = here.folder.path("spool")
            func file(_ path: String) -> [UInt8] {
                Self.text(#"{"data":{"name":"n","source":{"file":"\#(path)"}}}"#)
            }
            func key(_ key: String) -> [UInt8] { Self.text(#"{"data":{"key":"\#(key)"}}"#) }
            try FileManager.default.createSymbolicLink(
                atPath: spool + "/link", withDestinationPath: "/etc/passwd")
            return [
                Trick(name: "not JSON", body: Self.text("store this"), says: "JSON"),
                Trick(name: "empty", body: []),
                Trick(name: "not UTF-8", body: Self.text(#"{"data":{"name":""#) + [0xC3, 0x28] + Self.text("\"}}")),
                Trick(name: "brackets", body: [UInt8](repeating: UInt8(ascii: "["), count: 50_000)),
                Trick(
                    name: "brackets that close",
                    body: [UInt8](repeating: UInt8(ascii: "["), count: 50_000)
                        + [UInt8](repeating: UInt8(ascii: "]"), count: 50_000)),
                Trick(name: "members twice", body: Self.store(#","name":"other"}}"#), says: "name"),
                Trick(name: "unknown member", body: Self.store(#","metadat":{}}}"#), says: "metadata"),
                Trick(name: "unknown member above", body: Self.store(#"},"fallback":[]}"#), says: "fallbacks"),
                Trick(name: "wrong type", body: Self.text(#"{"data":17}"#), says: "data"),
                Trick(name: "huge exponent", body: Self.store(#","size":1e400}}"#), says: "1e400"),
                Trick(
                    name: "huge integer", body: Self.store(#","size":99999999999999999999999999}}"#), says: "size"),
                Trick(name: "negative", body: Self.store(#","size":-1}}"#), says: "size"),
                Trick(name: "no data", body: Self.text("{}"), says: "data"),
                Trick(name: "no source", body: Self.text(#"{"data":{"name":"n"}}"#), says: "source"),
                Trick(
                    name: "two sources",
                    body: Self.text(#"{"data":{"name":"n","source":{"inline":"AQID","file":"/x"}}}"#), says: "source"),
                Trick(
                    name: "bad base64", body: Self.text(#"{"data":{"name":"n","source":{"inline":"%%%"}}}"#),
                    says: "inline"),
                Trick(name: "name with a slash", body: Self.text(#"{"data":{"name":"../n","source":{"inline":""}}}"#)),
                Trick(
                    name: "name of ours", body: Self.text(#"{"data":{"name":".stowage.json","source":{"inline":""}}}"#)),
                Trick(name: "path upwards", body: Self.store(#","path":"x/../../y"}}"#), says: "path"),
                Trick(name: "key upwards", body: key("../../etc/passwd"), key: "a.verify"),
                Trick(name: "key of ours", body: key("x/.stowage.json"), key: "a.verify"),
                Trick(name: "key with NUL", body: key(#"x\u0000y"#), key: "a.verify"),
                Trick(name: "file outside", body: file("/etc/passwd"), code: .permissionDenied),
                Trick(name: "file upwards", body: file(spool + "/../secret"), says: "file"),
                Trick(name: "file by link", body: file(spool + "/link"), code: .permissionDenied),
                Trick(name: "file relative", body: file("spool/x")),
                Trick(name: "folder as file", body: file(spool), code: .permissionDenied),
                Trick(name: "no such file", body: file(spool + "/missing"), code: .notFound),
                Trick(name: "other driver", body: Self.store(#"},"driver":"b"}"#), says: "driver"),
                Trick(
                    name: "fallback that is no peer", body: Self.store(#"},"fallbacks":["b"]}"#),
                    code: .permissionDenied, says: "peer"),
                Trick(
                    name: "copy to no peer", body: Self.store(#","copies":["b"]}}"#), code: .permissionDenied,
                    says: "peer"),
                Trick(
                    name: "source of no peer",
                    body: Self.text(#"{"data":{"name":"n","source":{"handle":{"driver":"b","key":"x/y"}}}}"#),
                    code: .permissionDenied, says: "peer"),
                Trick(name: "reply to a queue", body: Self.store("}}"), says: "reply-to", replyTo: "stowage.tasks.a"),
                Trick(name: "reply too short", body: Self.store("}}"), says: "reply-to", replyTo: "short"),
                Trick(
                    name: "long message-id", body: Self.store("}}"), messageID: String(repeating: "m", count: 255),
                    task: "sha256-" + (try await Disk.digest(here.folder.write(Self.store("}}"), to: "body")))),
            ]
        }

        @Test("every trick gets one clear answer and is parked, and the worker goes on")
        func tricks() async throws {
            let settings = Settings().with { $0.maxAttempts = 1 }
            try await Installation.with(settings) { here in
                let worker = try await here.startWorker()
                var parked: [String] = []
                for trick in try await tricks(here) {
                    let id = trick.messageID ?? TaskDocument.newID()
                    let task = trick.task ?? id
                    try await here.send(trick.body, to: trick.key) { properties in
                        properties.messageID = id
                        properties.replyTo = trick.replyTo
                    }
                    let failed = try await here.events.final(of: task)
                    let error = try #require(failed.error, "\(trick.name): \(failed)")
                    #expect(error.code == trick.code, "\(trick.name): \(error)")
                    #expect(trick.says.isEmpty || error.message.contains(trick.says), "\(trick.name): \(error)")
                    #expect(failed.messageID == "\(task)/failed")
                    parked.append(task)
                }
                #expect(try await here.run(.store("good", [1])).stored != nil)
                #expect(here.events.tasks.values.allSatisfy { $0.count == 1 })
                #expect(try await here.parked().compactMap { $0["id"] as? String }.sorted() == parked.sorted())
                #expect(try await Disk(here.disk("a")).archives.count == 1)
                #expect(worker.process.exitIfEnded == nil)
                #expect(await worker.stop() == .code(0), "\(worker.lastLines)")
                #expect(try await here.messagesLeft() == ["stowage.dead": parked.count])
            }
        }

        @Test("headers that only a worker may set are dropped, and the task runs as new")
        func forgedHeaders() async throws {
            try await Installation.with { here in
                let worker = try await here.startWorker()
                let task = TaskDocument.store("archive", [1])
                try await here.send(task) { properties in
                    properties.headers = [
                        "x-stowage-attempt": .integer(7), "x-stowage-slip": .string("b"),
                        "x-stowage-user": .string("root"), "x-stowage-replayed": .integer(3),
                        "x-stowage-history": .string(#"[{"n":9,"driver":"b"}]"#),
                        "x-death": .array([.table(["queue": .string("stowage.tasks.a"), "reason": .string("expired")])]
                        ),
                        "CC": .array([.string("b.store")]),
                    ]
                }
                // The broker itself obeys `CC`, so that both queues have it.
                let final = try await here.events.final(of: task.id, count: 2)
                #expect(Set(here.events.finals(of: task.id).compactMap(\.messageID)) == ["\(task.id)/succeeded"])
                #expect(final.messageID == "\(task.id)/succeeded" && final.event.requestedByUser == "moodle")
                #expect(final.event.attempt == 1 && final.event.sequence == 1)
                try await worker.saying("headers dropped")
            }
        }

        @Test("headers nested deep or too large to be sent on, and bodies over the limit, are answered and parked")
        func oversized() async throws {
            let settings = Settings().with { $0.limits = "{ inlineBytes: 4096, taskBytes: 16384 }" }
            try await Installation.with(settings) { here in
                let worker = try await here.startWorker()
                // Only the HTTP API sends such headers for us.
                func publish(_ id: String, _ headers: String) async throws {
                    let body = Data(Self.store("}}")).base64EncodedString()
                    let text =
                        #"{"properties":{"message_id":"\#(id)","app_id":"moodle","delivery_mode":2,"#
                        + #""headers":\#(headers)},"routing_key":"a.store","payload":"\#(body)","#
                        + #""payload_encoding":"base64"}"#
                    try await here.server.manage(
                        "POST", "exchanges/\(here.virtualHost)/stowage.tasks/publish", bytes: Array(text.utf8))
                }
                try await here.server.manage(
                    "PUT", "permissions/\(here.virtualHost)/lab",
                    ["configure": ".*", "write": ".*", "read": ".*"] as [String: Any])
                func nested(_ depth: Int) -> String {
                    String(repeating: #"{"x":"#, count: depth) + "1" + String(repeating: "}", count: depth)
                }
                for (id, headers) in [
                    ("shallow", nested(20)), ("deep", nested(1000)), ("abyss", nested(8000)),
                    ("wide", #"{"x":"\#(String(repeating: "w", count: 60_000))"}"#),
                ] {
                    try await publish(id, headers)
                    let final = try await here.events.final(of: id)
                    if id == "shallow" {
                        #expect(final.stored != nil, "\(final)")
                    } else {
                        #expect(final.error?.code == .invalidTask || final.stored != nil, "\(id): \(final)")
                    }
                    print("headers '\(id)': \(final.messageID ?? "") \(final.error?.message ?? "")")
                }
                let large = TaskDocument.store("large", [UInt8](repeating: 7, count: 30_000))
                try await here.send(large)
                let refused = try await here.events.final(of: large.id)
                #expect(refused.error?.code == .invalidTask, "\(refused)")
                #expect(refused.error?.message.contains("limits.taskBytes") == true)
                let inline = TaskDocument.store("inline", [UInt8](repeating: 7, count: 5000))
                #expect(try await here.run(inline).error?.code == .invalidTask)
                #expect(try await here.run(.store("good", [1])).stored != nil)
                try await require(eventually: "the large one to be parked") {
                    try await here.parked().contains { $0["id"] as? String == large.id }
                }
                for (id, arrived) in here.events.tasks {
                    // Whoever meets such headers a second time cannot see that they were answered.
                    let most = ["deep", "abyss", "wide"].contains(id) ? 2 : 1
                    #expect(arrived.count <= most && Set(arrived.map(\.messageID)).count == 1, "\(arrived)")
                }
                #expect(worker.process.exitIfEnded == nil)
                #expect(await worker.stop() == .code(0), "\(worker.lastLines)")
            }
        }

        @Test("a handle forged without its retention does not help to delete the archive")
        func forgedHandle() async throws {
            try await Installation.with { here in
                try await here.startWorker()
                let retention: [String: Any] = ["mode": "governance", "until": "2099-01-01T00:00:00Z"]
                let stored = try await here.run(.store("kept", [1, 2], ["retention": retention]))
                let handle = try #require(stored.stored?.handle, "\(stored)")
                #expect(handle.retention != nil)
                var forged = handle.document
                forged["retention"] = NSNull()
                forged["legalHold"] = false
                for reference in [["handle": forged], ["key": handle.key], ["handle": handle.document]] {
                    let refused = try await here.run(TaskDocument("delete", reference))
                    #expect(refused.error?.code == .retained, "\(refused)")
                }
                #expect(try await Disk(here.disk("a")).archives.count == 1)
            }
        }
    }
}
