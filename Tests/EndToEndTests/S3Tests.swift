import Foundation
import Messaging
import StowageContract
import TestSupport
import Testing

extension EndToEnd {
    /// A worker with a bucket of Ceph's.
    @Suite("S3", .timeLimit(.minutes(5)))
    struct S3 {
        @Test("an archive is stored, found, proved, retrieved, lent by a URL and deleted, and no secret is told")
        func wholeWay() async throws {
            let account = try await RGWServer.shared().account
            let bucket = try await account.makeBucket("whole")
            try await Installation.with(.s3(account, bucket, keys: "partSizeBytes: 5242880")) { here in
                let worker = try await here.startWorker()
                let file = try here.folder.write(
                    (0..<(12 << 20 | 1)).map { UInt8(truncatingIfNeeded: $0 &* 7 >> 3) }, to: "spool/course ü.mbz")
                let digest = try await Disk.digest(file)
                let long = TaskDocument.store(
                    file: file, on: "s3", ["path": "course-12", "sha256": digest, "removeSource": true])
                let small = TaskDocument.store("quiz 17.tar.gz", [1, 2, 3], on: "s3", ["path": "course-12"])
                var handles: [ArchiveHandle] = []
                for task in [long, small] {
                    let result = try #require(try await here.run(task).stored)
                    #expect(result.verified == .server && result.exclusive == .atomic && result.durability == .store)
                    #expect(!result.alreadyPresent)
                    let object = try await account.object(result.handle.key, in: bucket)
                    #expect(object.sha256 == result.handle.sha256 && object.size == Int(result.handle.size))
                    handles.append(result.handle)
                }
                let handle = handles[0]
                #expect(handle.key == "course-12/\(long.id)/course ü.mbz" && handle.sha256 == digest)

                let stat = try await here.run(TaskDocument("stat", on: "s3", ["handle": handle.document]))
                #expect(stat.result == .stat(StatResult(handle: handle)))
                let listed = try await here.run(TaskDocument("list", on: "s3", ["prefix": "course-12/"]))
                guard case .list(let list)? = listed.result else { throw UnexpectedTurn("\(listed)") }
                #expect(Set(list.archives.map(\.key)) == Set(handles.map(\.key)) && list.next == nil)
                let verified = try await here.run(TaskDocument("verify", on: "s3", ["handle": handle.document]))
                guard case .verify(let proof)? = verified.result else { throw UnexpectedTurn("\(verified)") }
                #expect(proof.state == .ok && proof.actualSHA256 == digest)
                let told = try await here.run(TaskDocument("capacity", on: "s3", [:]))
                guard case .capacity(let capacity)? = told.result else { throw UnexpectedTurn("\(told)") }
                #expect((capacity.usedBytes ?? 0) > 12 << 20, "\(capacity)")

                let target = here.spool("back.mbz")
                let retrieved = try await here.run(
                    TaskDocument("retrieve", on: "s3", ["handle": handle.document, "destination": ["file": target]]))
                guard case .retrieve(let back)? = retrieved.result else { throw UnexpectedTurn("\(retrieved)") }
                #expect(back.sha256 == digest && back.verified)
                #expect(try await Disk.digest(target) == digest)

                let url = try await here.presign(handle)
                let lent = try await ChildProcess.run([
                    "bash", "-c", "curl --silent --fail \"$1\" | sha256sum", "bash", url,
                ])
                #expect(lent.prefix(64) == digest)

                for handle in handles {
                    let deleted = try await here.run(TaskDocument("delete", on: "s3", ["handle": handle.document]))
                    #expect(deleted.result == .delete(DeleteResult(deleted: true, absent: false)))
                }
                let late = try await here.run(small)
                #expect(late.event.type == .succeeded || late.error?.code == .conflict)
                let left = try await account.keys(in: bucket)
                #expect(
                    left.allSatisfy { $0.hasSuffix("/.stowage-deleted.json") || $0 == ".stowage-exclusive" }, "\(left)")
                #expect(try await account.uploads(in: bucket) == [])
                #expect(await worker.stop() == .code(0), "\(worker.lastLines)")
                here.expectNoSecret(of: account, worker, url)
            }
        }

        @Test("a store that cannot be reached, or does not know us, says so without a word of where or who")
        func failures() async throws {
            let account = try await RGWServer.shared().account
            let bucket = try await account.makeBucket("failing")
            let proxy = try FaultProxy(to: account.endpoint)
            let settings = Settings.s3(account.by(proxy.endpoint), bucket).with { $0.maxAttempts = 2 }
            try await Installation.with(settings) { here in
                let worker = try await here.startWorker()
                proxy.inject(.slowDown, into: .putObject)
                let slow = TaskDocument.store("slow.bin", [1], on: "s3")
                let stored = try await here.run(slow)
                #expect(stored.stored?.alreadyPresent == false && stored.event.attempt == 2, "\(stored)")
                let retrying = try await here.events.first(.retrying, of: slow.id)
                #expect(retrying.error?.code == .rateLimited && retrying.error?.place == .driver)

                proxy.inject(.resetAfter, into: .putObject)
                let lost = try await here.run(TaskDocument.store("lost.bin", [1, 2], on: "s3"))
                #expect(lost.stored?.alreadyPresent == true && lost.event.attempt == 2, "\(lost)")

                proxy.inject(.answer(.s3Error("403 Forbidden", "AccessDenied"), readingBody: true), into: .putObject)
                let denied = try await here.run(TaskDocument.store("denied.bin", [1, 2, 3], on: "s3"))
                #expect(denied.error?.code == .permissionDenied && denied.error?.retryable == false, "\(denied)")
                #expect(denied.error?.context["serverCode"] == "AccessDenied")
                #expect(try await here.parked().count == 1)
                #expect(await worker.stop() == .code(0), "\(worker.lastLines)")
                here.expectNoSecret(of: account.by(proxy.endpoint), worker, account.endpoint)
            }
        }
    }
}

extension Settings {
    /// One driver, `s3`, over a bucket; `keys`: further ones of its entry.
    static func s3(_ account: S3Account, _ bucket: String, keys: String = "concurrency: 8") -> Settings {
        Settings().with { settings in
            settings.drivers = [("s3", keys)]
            settings.entries["s3"] =
                "type: s3, endpoint: \"\(account.endpoint)\", bucket: \(bucket), accessKey: \"\(account.accessKey)\", "
                + "secretKey: \"\(account.secretKey)\""
        }
    }
}

extension Installation {
    /// A URL that a task for it has brought to its reply queue.
    func presign(_ handle: ArchiveHandle) async throws -> String {
        let broker = try broker(as: .administrator)
        try await broker.waitUntilConnected(within: .seconds(20))
        let secret = String(repeating: "r", count: 32)
        let replies = try await EventCollector(
            broker, queue: "stowage.ev.replies", exchange: "stowage.replies", key: secret)
        let task = TaskDocument("presign", on: "s3", ["handle": handle.document, "expiresSeconds": 60])
        try await send(task) { $0.replyTo = secret }
        let reply = try await replies.final(of: task.id)
        await broker.close()
        guard case .presign(_, let url?)? = reply.result else { throw UnexpectedTurn("\(reply)") }
        let event = try await events.final(of: task.id)
        guard case .presign(_, nil)? = event.result else { throw UnexpectedTurn("the URL went to everybody") }
        return url
    }

    /// That neither events nor the worker's log say who we are to the store, where it is, or what `others` are.
    func expectNoSecret(of account: S3Account, _ worker: WorkerProcess, _ others: String...) {
        let address = account.endpoint.replacingOccurrences(of: "http://", with: "")
        let texts = ["\(events.tasks)"] + worker.process.errors.value.map(\.text) + [worker.process.outputText]
        for secret in [account.secretKey, account.accessKey, address] + others {
            let telling = texts.filter { $0.contains(secret) }
            #expect(telling.isEmpty, "\(telling.map { $0.prefix(500) })")
        }
    }
}
