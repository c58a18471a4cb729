import Foundation
import Messaging
import StowageContract
import TestSupport
import Testing

extension EndToEnd {
    @Suite("Retention and holds", .timeLimit(.minutes(2)))
    struct Retentions {
        private let until = "2099-01-01T00:00:00.000Z"

        private func retain(_ key: String, id: String = TaskDocument.newID(), _ data: [String: Any]) -> TaskDocument {
            TaskDocument("retain", id: id, data.merging(["key": key]) { $1 })
        }

        @Test("what is retained or held is not deleted, and says until when and for whom")
        func protect() async throws {
            try await Installation.with { here in
                let worker = try await here.startWorker()
                let key = try #require(try await here.run(.store("kept", [1, 2, 3])).stored?.handle.key)
                let governance: [String: Any] = ["mode": "governance", "until": until]
                let first = retain(key, ["retention": governance])
                for count in 1...2 {
                    try await here.send(first)
                    let told = try await here.events.final(of: first.id, count: count)
                    #expect(told.messageID == "\(first.id)/succeeded" && told.routingKey == "succeeded.a.retain.moodle")
                    let expected = Retention(
                        mode: .governance, until: try #require(Timestamp(until)), enforcedBy: .stowage)
                    #expect(told.result == .retain(retention: expected, legalHold: false))
                }
                let shorter = try await here.run(
                    retain(key, ["retention": ["mode": "governance", "until": "2098-01-01T00:00:00Z"]]))
                #expect(shorter.error?.code == .conflict && shorter.error?.retryable == false)
                let retained = try await here.run(TaskDocument("delete", ["key": key]))
                #expect(retained.error?.code == .retained && retained.error?.context["until"] == until)

                let hold = retain(key, id: "hold-\(first.id)", ["legalHold": true])
                #expect(try await here.run(hold).error == nil)
                let held = try await here.run(TaskDocument("delete", ["key": key]))
                #expect(held.error?.code == .retained && held.error?.context["holds"] == hold.id)
                #expect(held.error?.context["until"] == until)
                #expect(try await Disk(here.disk("a")).archives.count == 1)
                #expect(await worker.stop() == .code(0), "\(worker.lastLines)")
            }
        }

        @Test("a hold is released by its name, and the archive can be deleted; all of it delivered twice")
        func release() async throws {
            try await Installation.with { here in
                try await here.startWorker()
                let key = try #require(try await here.run(.store("held", [1, 2, 3])).stored?.handle.key)
                let hold = retain(key, ["legalHold": true])
                let wrong = retain(key, ["releases": ["somebody-else"]])
                let right = retain(key, ["releases": [hold.id]])
                for (task, isHeld) in [(hold, true), (wrong, true), (right, false)] {
                    for count in 1...2 {
                        try await here.send(task)
                        let told = try await here.events.final(of: task.id, count: count)
                        #expect(told.result == .retain(retention: nil, legalHold: isHeld), "\(told)")
                    }
                }
                // The hold's own delivery, late: it is released for good.
                try await here.send(hold)
                let late = try await here.events.final(of: hold.id, count: 3)
                #expect(late.result == .retain(retention: nil, legalHold: false))
                let deleted = try await here.run(TaskDocument("delete", ["key": key, "strict": true]))
                #expect(deleted.result == .delete(DeleteResult(deleted: true, absent: false)))
                let disk = try await Disk(here.disk("a"))
                #expect(disk.archives.isEmpty && disk.records.count == 1, "\(disk.records)")
            }
        }

        @Test("the local driver gives out no URLs, and says so")
        func presign() async throws {
            try await Installation.with { here in
                try await here.startWorker()
                let key = try #require(try await here.run(.store("a", [1])).stored?.handle.key)
                let task = TaskDocument("presign", ["key": key, "expiresSeconds": 60])
                try await here.send(task) { $0.replyTo = String(repeating: "r", count: 32) }
                let refused = try await here.events.final(of: task.id)
                #expect(refused.error?.code == .unsupported && refused.error?.retryable == false, "\(refused)")
            }
        }
    }
}
