import Foundation
import StowageContract
import TestSupport
import Testing

extension EndToEnd.FileServers {
    private static let bytes = (0..<2_000_000).map { UInt8(truncatingIfNeeded: $0 / 13) }

    /// Where tasks find a file by URL, and where that lies on this machine.
    private struct Place {
        let url: String
        let disk: String
        /// The entry of the credentials in the configuration.
        let login: String
        let secret: String
    }

    private func place(_ scheme: String) async throws -> Place {
        let folder = "u" + String(UInt64.random(in: 0 ... .max), radix: 36)
        if scheme == "sftp" {
            let server = try await SSHServer.shared()
            return Place(
                url: "sftp://127.0.0.1:\(server.port)/lab/\(folder)/", disk: server.root + "/\(folder)/",
                login: "{ hosts: [127.0.0.1], user: \(server.user), password: \"\(server.password)\", "
                    + "hostKeyFingerprint: \"\(try await server.fingerprint())\" }", secret: server.password)
        }
        let server = try await FTPTestServer.shared()
        return Place(
            url: "ftp://127.0.0.1:\(server.port)/\(folder)/", disk: server.root + "/\(folder)/",
            login: "{ hosts: [127.0.0.1], allowHTTP: true, user: \(server.user), password: \"\(server.password)\" }",
            secret: server.password)
    }

    @Test(
        "an archive comes from one file by URL and goes to another, which nothing replaces", arguments: ["ftp", "sftp"])
    func byURL(scheme: String) async throws {
        let place = try await place(scheme)
        let settings = EndToEnd.URLs.settings("127.0.0.1", credentials: "{ login: \(place.login) }")
        try await Installation.with(settings) { here in
            let worker = try await here.startWorker()
            // The server's user has to be able to write there.
            let made = try await here.run(
                EndToEnd.URLs.store(place.url + "none", source: ["credentials": "login"]))
            #expect(made.error?.code == .notFound && made.error?.place == .source, "\(made)")
            try FileManager.default.createDirectory(atPath: place.disk, withIntermediateDirectories: true)
            let status = try FileManager.default.attributesOfItem(atPath: place.disk + "/..")
            try FileManager.default.setAttributes(
                [
                    .ownerAccountID: try #require(status[.ownerAccountID]),
                    .groupOwnerAccountID: try #require(status[.groupOwnerAccountID]), .posixPermissions: 0o777,
                ], ofItemAtPath: place.disk)
            #expect(FileManager.default.createFile(atPath: place.disk + "a #1.bin", contents: Data(Self.bytes)))
            let digest = try await Disk.digest(place.disk + "a #1.bin")
            let store = EndToEnd.URLs.store(
                place.url + "a%20%231.bin", ["sha256": digest], source: ["credentials": "login"])
            let result = try #require(try await here.run(store).stored)
            #expect(result.handle.sha256 == digest && result.sourceBytes == Self.bytes.count)
            #expect(try await Disk(here.disk("a")).archives == ["\(store.id)/from-afar.bin": digest])

            func retrieve(_ name: String) -> TaskDocument {
                TaskDocument(
                    "retrieve",
                    [
                        "handle": result.handle.document,
                        "destination": ["url": place.url + name, "credentials": "login"],
                    ])
            }
            guard case .retrieve(let sent)? = try await here.run(retrieve("b.bin")).result else {
                throw UnexpectedTurn("no result")
            }
            #expect(sent.sha256 == digest && sent.verified)
            #expect(try await Disk.digest(place.disk + "b.bin") == digest)
            // The same bytes are success, others are left as they are.
            guard case .retrieve? = try await here.run(retrieve("b.bin")).result else {
                throw UnexpectedTurn("no result")
            }
            try Data("mine".utf8).write(to: URL(fileURLWithPath: place.disk + "c.bin"))
            let refused = try await here.run(retrieve("c.bin"))
            #expect(refused.error?.code == .conflict && refused.error?.place == .destination, "\(refused)")
            #expect(try Data(contentsOf: URL(fileURLWithPath: place.disk + "c.bin")) == Data("mine".utf8))
            let names = try FileManager.default.contentsOfDirectory(atPath: place.disk)
            #expect(Set(names) == ["a #1.bin", "b.bin", "c.bin"])
            for line in worker.process.errors.value { #expect(!line.text.contains(place.secret)) }
            #expect(await worker.stop() == .code(0), "\(worker.lastLines)")
        }
    }
}
