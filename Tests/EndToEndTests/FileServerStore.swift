import Foundation
import StowageContract
import TestSupport
import Testing

/// A driver over a real server that keeps files, and where on this machine they lie.
struct FileServerStore: Sendable {
    let type: String
    /// The driver's entry in the configuration.
    let entry: String
    /// The folder of the store on this machine's disk.
    let disk: String
    /// What must stand in no event and no log.
    let secret: String

    /// A driver of each kind, over a folder of its own.
    static func make(_ type: String) async throws -> FileServerStore {
        let folder = "f" + String(UInt64.random(in: 0 ... .max), radix: 36)
        switch type {
        case "ftp":
            let server = try await FTPTestServer.shared()
            return FileServerStore(
                type: type,
                entry: "type: ftp, host: localhost, port: \(server.port), user: \(server.user), "
                    + "password: \"\(server.password)\", ca: \"\(server.authorities)\", path: /\(folder)",
                disk: server.root + "/" + folder, secret: server.password)
        case "sftp":
            let server = try await SSHServer.shared()
            return FileServerStore(
                type: type,
                entry: "type: sftp, host: 127.0.0.1, port: \(server.port), user: \(server.user), "
                    + "password: \"\(server.password)\", hostKeyFingerprint: \"\(try await server.fingerprint())\", "
                    + "path: /lab/\(folder)",
                disk: server.root + "/" + folder, secret: server.password)
        default:
            let server = try await DAVServer.shared()
            let url = server.url(.tls) + folder + "/"
            return FileServerStore(
                type: type,
                entry: "type: webdav, url: \"\(url)\", user: \(server.user), password: \"\(server.password)\", "
                    + "ca: \"\(server.authorities)\"",
                disk: server.root + (try #require(URLComponents(string: url))).path, secret: server.password)
        }
    }

    /// The path of an archive on the disk.
    func path(_ key: String) -> String { disk + "/" + key }

    /// Names in the staging folder, with their sizes.
    var staged: [String: Int] {
        let folder = disk + "/.stowage-staging"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.reduce(into: [:]) { sizes, name in
            let status = try? FileManager.default.attributesOfItem(atPath: folder + "/" + name)
            sizes[name] = status?[.size] as? Int ?? 0
        }
    }

    func settings(_ keys: String = "concurrency: 4") -> Settings {
        Settings().with { settings in
            settings.drivers = [(type, keys)]
            settings.entries[type] = entry
            settings.level = "info"
            settings.sweepSeconds = 86_400
        }
    }

    /// No secret is in what anybody can read.
    func expectNoSecret(_ here: Installation, _ worker: WorkerProcess) {
        for arrived in here.events.tasks.values.joined() { #expect(!"\(arrived)".contains(secret)) }
        for line in worker.process.errors.value { #expect(!line.text.contains(secret)) }
    }
}
