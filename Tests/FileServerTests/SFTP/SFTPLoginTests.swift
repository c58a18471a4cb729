#if SFTP
    import Foundation
    import Glibc
    import ServiceRuntime
    import SFTPDriver
    import Storage
    import StowageContract
    import TestSupport
    import Testing

    /// Who we are, and who the server is.
    @Suite("SFTP: both sides are proved", .timeLimit(.minutes(2)))
    struct SFTPLoginTests {
        @Test("a key logs in, encrypted or not", arguments: ["ed25519", "ecdsa", "rsa", "enc"])
        func key(name: String) async throws {
            let ssh = try await SSHServer.shared()
            let server = try await ssh.connect { configuration in
                configuration.password = nil
                configuration.privateKeyFile = ssh.keyFile(name)
                if name == "enc" { configuration.passphrase = Secret("phrase") }
            }
            try await server.put("f", [1])
            #expect(try await server.get("f") == [1])
        }

        @Test("a key that the server does not know, then the password, logs in")
        func keyThenPassword() async throws {
            let ssh = try await SSHServer.shared()
            let place = try TemporaryFolder()
            _ = try await ChildProcess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", place.path("key")])
            let server = try await ssh.connect { $0.privateKeyFile = place.path("key") }
            try await server.probe()
            let error = try await storageError {
                try await ssh.connect { configuration in
                    configuration.privateKeyFile = place.path("key")
                    configuration.password = nil
                }
            }
            #expect(error.code == .unauthenticated && error.retry == .permanent)
            #expect(error.message.contains("key") && error.context["offered"]?.contains("password") == true)
        }

        @Test("a key of the agent logs in, and its absence is said")
        func agent() async throws {
            let ssh = try await SSHServer.shared()
            let place = try TemporaryFolder()
            let socket = place.path("agent")
            let agent = try ChildProcess(["ssh-agent", "-D", "-a", socket])
            try await require(eventually: "the agent's socket") { FileManager.default.fileExists(atPath: socket) }
            let policy = SFTPPolicy(agent: socket)
            let empty = try await storageError { try await ssh.connect(policy: policy) { $0.password = nil } }
            #expect(empty.code == .unauthenticated && empty.message.contains("agent"))
            _ = try await ChildProcess.run(["ssh-add", "-q", ssh.keyFile("rsa")], ["SSH_AUTH_SOCK": socket])
            try await ssh.connect(policy: policy) { $0.password = nil }.probe()
            agent.send(SIGTERM)
            _ = await agent.ended()
            for policy in [policy, SFTPPolicy(agent: nil)] {
                let gone = try await storageError { try await ssh.connect(policy: policy) { $0.password = nil } }
                #expect(gone.code == .unauthenticated && gone.message.contains("agent"), "\(gone)")
            }
        }

        @Test("a server that wants a key and a password gets both")
        func twoFactors() async throws {
            let ssh = try await SSHServer.start([
                "SSHD_EXTRA": "AuthenticationMethods publickey,password"
            ])
            let error = try await storageError { try await ssh.connect() }
            #expect(error.code == .unauthenticated)
            let server = try await ssh.connect { $0.privateKeyFile = ssh.keyFile("ed25519") }
            try await server.probe()
            let half = try await storageError {
                try await ssh.connect { configuration in
                    configuration.privateKeyFile = ssh.keyFile("ed25519")
                    configuration.password = nil
                }
            }
            #expect(half.code == .unauthenticated && half.message.contains("more"))
        }

        @Test("a wrong password, user or passphrase is told, and no secret with it")
        func wrong() async throws {
            let ssh = try await SSHServer.shared()
            let password = try await storageError { try await ssh.connect { $0.password = Secret("not-this-one") } }
            let user = try await storageError { try await ssh.connect { $0.user = "nobody-here" } }
            let passphrase = try await storageError {
                try await ssh.connect { configuration in
                    configuration.privateKeyFile = ssh.keyFile("enc")
                    configuration.passphrase = Secret("not-this-one")
                }
            }
            let missing = try await storageError { try await ssh.connect { $0.privateKeyFile = ssh.keyFile("enc") } }
            let noFile = try await storageError { try await ssh.connect { $0.privateKeyFile = "/nonexistent/key" } }
            for error in [password, user, passphrase, missing, noFile] {
                #expect(
                    error.code == .unauthenticated && error.retry == .permanent && error.place == .driver, "\(error)")
                #expect(!error.isAmbiguous)
                for secret in ["not-this-one", "labpass", "PRIVATE KEY"] { #expect(!"\(error)".contains(secret)) }
            }
            #expect(passphrase.message.contains("passphrase is wrong"))
            #expect(missing.message.contains("needs a passphrase"))
            #expect(noFile.message.contains("does not exist"))
        }

        @Test("a fingerprint pins the server")
        func fingerprint() async throws {
            let ssh = try await SSHServer.shared()
            let fingerprint = try await ssh.fingerprint()
            try await ssh.connect { configuration in
                configuration.knownHostsFile = nil
                configuration.hostKeyFingerprint = fingerprint
            }.probe()
            let other = try await ssh.fingerprint("rsa")
            let error = try await storageError {
                try await ssh.connect { configuration in
                    configuration.knownHostsFile = nil
                    configuration.hostKeyFingerprint = "SHA256:" + String(repeating: "A", count: 43)
                }
            }
            #expect(error.code == .unauthenticated && error.retry == .permanent)
            #expect(error.message.contains("hostKeyFingerprint"))
            #expect(error.context["shownFingerprint"] == fingerprint)
            // The server has several keys; whichever of them is named is asked for.
            try await ssh.connect { configuration in
                configuration.knownHostsFile = nil
                configuration.hostKeyFingerprint = other
            }.probe()
        }

        @Test(
            "an unknown server, one with another key, and one that nothing is said of are refused before the password")
        func knownHosts() async throws {
            let ssh = try await SSHServer.shared()
            let place = try TemporaryFolder()
            let fingerprint = try await ssh.fingerprint()
            let empty = try place.write("", to: "empty")
            let key = try String(contentsOfFile: ssh.hostKeyFile("ed25519"), encoding: .utf8)
            _ = try await ChildProcess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", place.path("other")])
            let otherKey = try String(contentsOfFile: place.path("other.pub"), encoding: .utf8)
            let changed = try place.write("[127.0.0.1]:\(ssh.port) \(otherKey)", to: "changed")
            let right = try place.write("[127.0.0.1]:\(ssh.port) \(key)", to: "right")
            let wrongs: [(file: String?, words: String)] = [
                (nil, "set knownHostsFile or hostKeyFingerprint"), (empty, "does not stand in knownHostsFile"),
                (changed, "not the one in knownHostsFile"), ("/nonexistent/hosts", "cannot be read"),
            ]
            for (file, words) in wrongs {
                let error = try await storageError { try await ssh.connect { $0.knownHostsFile = file } }
                #expect(error.code == .unauthenticated && error.retry == .permanent, "\(error)")
                #expect(error.message.contains(words), "\(error.message)")
                #expect(error.context["shownFingerprint"]?.hasPrefix("SHA256:") == true)
                if file == nil { #expect(error.context["shownFingerprint"] == fingerprint) }
            }
            try await ssh.connect { $0.knownHostsFile = right }.probe()
            // Both are held to where both are given.
            let both = try await storageError {
                try await ssh.connect { $0.hostKeyFingerprint = "SHA256:" + String(repeating: "B", count: 43) }
            }
            #expect(both.code == .unauthenticated)
        }
    }
#endif
