#if SFTP
    import DriverConformance
    import SFTPDriver
    import Storage
    import StowageContract
    import TestSupport
    import Testing

    /// What we store others read, and what others have stored is no archive of ours.
    @Suite("SFTP: other clients of the same server", .timeLimit(.minutes(3)))
    struct SFTPCrossReadTests {
        static let names = ["a.bin", "ü b+c%20.bin", "100% & more=less?#;.bin", "-leading ' \" \u{1F4BE}.bin"]

        @Test("rclone reads what we store", arguments: names, [65_536, 12 << 20])
        func read(name: String, size: Int64) async throws {
            let ssh = try await SSHServer.shared()
            let folder = ssh.folder()
            let storage = try await ssh.storage { $0.path = folder }
            let source = GeneratedSource(size: size)
            var request = try StoreRequest.sftp(name)
            request.path = "kurs ä/2026+"
            let handle = try await storage.store(request, from: source).handle
            let digest = try await ssh.rclone("cat \"$1\" | sha256sum", "\(folder)/\(handle.key)")
            #expect(digest.prefix(64) == source.sha256)
            let seen = try await ssh.rclone("lsf -R --files-only \"$1\"", folder)
            let parent = handle.key.dropLast(name.count)
            #expect(
                Set(seen.split(separator: "\n").map(String.init)) == [handle.key, parent + ".stowage.json"])
        }

        @Test("what rclone has written we read, and it is no archive")
        func foreign() async throws {
            let ssh = try await SSHServer.shared()
            let folder = ssh.folder()
            let server = try await ssh.connect { $0.path = folder }
            let source = GeneratedSource(size: 3_000_000)
            let place = try TemporaryFolder()
            let file = try place.write(source.bytes, to: "file")
            for (index, name) in Self.names.enumerated() {
                _ = try await ssh.rclone("copyto \"$1\" \"$2\"", file, "\(folder)/t\(index)/\(name)")
                #expect(try await server.get("t\(index)/\(name)") == source.bytes)
            }
            let storage = try await ssh.storage { $0.path = folder }
            let error = try await storageError { try await storage.stat(.key("t0/\(Self.names[0])")) }
            #expect(error.message == "the archive stands without its manifest", "\(error)")
        }
    }

    extension SSHServer {
        /// Runs rclone with a line of shell behind its name; the arguments but for local files are paths on the server.
        func rclone(_ line: String, _ arguments: String...) async throws -> String {
            let program = try await ChildProcess.run([
                Checkout.python, "-c",
                "import os, rclone_api; print(os.path.join(os.path.dirname(rclone_api.__file__), 'bin', 'rclone'))",
            ])
            let hidden = try await ChildProcess.run([program, "obscure", password])
            let environment = [
                "RCLONE_CONFIG": "/dev/null", "RCLONE_CONFIG_LAB_TYPE": "sftp", "RCLONE_CONFIG_LAB_HOST": host,
                "RCLONE_CONFIG_LAB_PORT": "\(port)", "RCLONE_CONFIG_LAB_USER": user,
                "RCLONE_CONFIG_LAB_PASS": hidden, "RCLONE_CONFIG_LAB_KNOWN_HOSTS_FILE": knownHostsFile,
                "RCLONE_CONFIG_LAB_SHELL_TYPE": "none", "RCLONE": program,
            ]
            let paths = arguments.map { $0.hasPrefix("/lab/") ? "lab:" + $0 : $0 }
            return try await ChildProcess.run(
                ["bash", "-c", "set -o pipefail; \"$RCLONE\" " + line, "bash"] + paths, environment)
        }
    }
#endif
