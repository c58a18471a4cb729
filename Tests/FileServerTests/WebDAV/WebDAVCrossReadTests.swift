import DriverConformance
import Foundation
import Storage
import StorageDrivers
import StowageContract
import TestSupport
import Testing

/// What we store others read, and what others have stored is no archive of ours.
@Suite("Other clients of the same WebDAV server", .timeLimit(.minutes(3)))
struct WebDAVCrossReadTests {
    static let names = ["a.bin", "ü b+c%20.bin", "100% & more=less?#;.bin", "-leading ' \" \u{1F4BE}.bin"]

    @Test("rclone and curl read what we store", arguments: names, [DAVServer.Way.basic, .digest])
    func read(name: String, way: DAVServer.Way) async throws {
        let server = try await DAVServer.shared()
        let url = server.folderURL(way)
        let storage = try await server.storage(way, url: url)
        let source = GeneratedSource(size: 3_000_000)
        var request = try StoreRequest.freshDAV(name)
        request.path = "kurs ä/2026+"
        _ = try await storage.store(request, from: source)
        let encoded = try #require(request.davKey.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
            .replacingOccurrences(of: "%2F", with: "/")
        let curled = try await sha256([
            "curl", "--silent", "--fail", "--anyauth", "--user", "\(server.user):\(server.password)", url + encoded,
        ])
        #expect(curled == source.sha256)
        // It knows no Digest.
        if way == .basic { #expect(try await rclone(["cat", "dav:" + request.davKey], server, url) == source.sha256) }
    }

    @Test("what rclone has stored is nobody's archive, and stays as it is")
    func foreign() async throws {
        let server = try await DAVServer.shared()
        let url = server.folderURL()
        let storage = try await server.storage(url: url)
        let folder = try TemporaryFolder()
        let source = GeneratedSource(size: 300_000)
        let file = try folder.write(source.bytes, to: "file")
        let request = try StoreRequest.freshDAV("ü b+c%20.bin")
        _ = try await rclone(["copyto", file, "dav:" + request.davKey], server, url)
        // At the seam it is a file as any other.
        let seam = try await server.connect(url: url)
        #expect(try await seam.bytes(request.davKey) == source.bytes)
        #expect(try await seam.status(request.davKey)?.size == 300_000)
        for call in [
            { _ = try await storage.stat(.key(request.davKey)) },
            { _ = try await storage.davBytes(request.davKey) },
        ] as [() async throws -> Void] {
            let error = await #expect(throws: StorageError.self) { try await call() }
            #expect(error?.message == "the archive stands without its manifest", "\(error.map { "\($0)" } ?? "")")
        }
        let taken = await #expect(throws: StorageError.self) {
            try await storage.store(request, from: BytesSource([1, 2, 3]))
        }
        #expect(taken?.code == .conflict)
        #expect(try await rclone(["cat", "dav:" + request.davKey], server, url) == source.sha256)
    }

    @Test("an archive that rclone has copied to another place with its manifest is one there, too")
    func copied() async throws {
        let server = try await DAVServer.shared()
        let (url, otherURL) = (server.folderURL(), server.folderURL())
        let storage = try await server.storage(url: url)
        let source = GeneratedSource(size: 100_000)
        let request = try StoreRequest.freshDAV("ü b+c%20.bin")
        let handle = try await storage.store(request, from: source).handle
        let folder = try TemporaryFolder()
        _ = try await rclone(["copy", "dav:" + request.taskID.text, folder.path + "/copy"], server, url)
        let other = try await server.storage(url: otherURL)
        _ = try await rclone(
            ["copy", folder.path + "/copy", "dav:" + request.taskID.text], server, otherURL)
        #expect(try await other.davBytes(request.davKey) == source.bytes)
        #expect(try await other.stat(.key(request.davKey))?.sha256 == handle.sha256)
    }

    /// Runs rclone; returns the SHA-256 of what it prints.
    private func rclone(_ arguments: [String], _ server: DAVServer, _ url: String) async throws -> String {
        let found = try await ChildProcess.run([
            Checkout.python, "-c",
            "import os, rclone_api; print(os.path.join(os.path.dirname(rclone_api.__file__), 'bin', 'rclone'))",
        ])
        let password = try await ChildProcess.run([found, "obscure", server.password])
        return try await sha256(
            [found] + arguments,
            [
                "RCLONE_CONFIG": "/dev/null", "RCLONE_CONFIG_DAV_TYPE": "webdav", "RCLONE_CONFIG_DAV_URL": url,
                "RCLONE_CONFIG_DAV_VENDOR": "other", "RCLONE_CONFIG_DAV_USER": server.user,
                "RCLONE_CONFIG_DAV_PASS": password,
            ])
    }

    private func sha256(_ command: [String], _ environment: [String: String] = [:]) async throws -> String {
        let script = "set -o pipefail; \"$@\" | sha256sum"
        return String(try await ChildProcess.run(["bash", "-c", script, "bash"] + command, environment).prefix(64))
    }
}
