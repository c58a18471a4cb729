#if SFTP
    import DriverConformance
    import Glibc
    import ServiceRuntime
    import SFTPDriver
    import Sharing
    import Storage
    import StowageContract
    import TestSupport
    import Testing

    /// What goes wrong between us and the server ends as the right error, soon, and with nothing visible.
    @Suite("SFTP: faults", .timeLimit(.minutes(3)))
    struct SFTPFaultTests {
        private static let impatient = SFTPPolicy(stall: .seconds(2))

        @Test("a full disk is told as such, and the place is of use again afterwards")
        func fullDisk() async throws {
            let ssh = try await SSHServer.start(["SFTP_QUOTA_MB": "2"])
            let server = try await ssh.connect { $0.path = "/lab" }
            let room = try await server.room()
            #expect(room.totalBytes == 2 << 20)
            let full = try await storageError { try await server.put("f", GeneratedSource(size: 5 << 20).bytes) }
            #expect(full.code == .outOfSpace && full.retry == .transient(after: nil) && !full.isAmbiguous, "\(full)")
            #expect(
                try await storageError { try await server.put("g", GeneratedSource(size: 1 << 20).bytes) }.code
                    == .outOfSpace)
            #expect(try await server.remove("f"))
            try await server.put("g", GeneratedSource(size: 1 << 20).bytes)
            #expect(try await server.get("g").count == 1 << 20)
        }

        @Test("an archive that finds the disk full leaves nothing that anybody sees")
        func fullStore() async throws {
            let ssh = try await SSHServer.start(["SFTP_QUOTA_MB": "2"])
            let storage = try await ssh.storage { $0.path = "/lab" }
            let error = try await storageError {
                try await storage.store(.sftp(), from: GeneratedSource(size: 5 << 20))
            }
            #expect(error.code == .outOfSpace, "\(error)")
            #expect(try await storage.list(ListData()).archives.isEmpty)
            let small = try await storage.store(.sftp(), from: GeneratedSource(size: 1000))
            #expect(small.verified == .reread)
            #expect(try await storage.list(ListData()).archives.map(\.key) == [small.handle.key])
        }

        @Test("a connection that breaks in the middle is ambiguous for what changes, and the next call has another")
        func broken() async throws {
            let ssh = try await SSHServer.start()
            let server = try await ssh.connect(connections: 2)
            try await server.put("f", GeneratedSource(size: 8 << 20).bytes)
            let body = ScriptedBody([
                .bytes([UInt8](repeating: 1, count: 1 << 20)),
                .wait { _ = try? ssh.signalConnections(SIGKILL) }, .bytes([UInt8](repeating: 2, count: 1 << 20)),
            ])
            let writing = try await storageError { try await server.upload("g", at: 0, size: nil, from: body) }
            #expect(writing.code == .unavailable && writing.isAmbiguous, "\(writing)")
            #expect(try await server.get("f").count == 8 << 20)
            let read = try await server.read("f", range: nil)
            #expect(try await read.next() != nil)
            try ssh.signalConnections(SIGKILL)
            let reading = try await storageError { while try await read.next() != nil {} }
            #expect(reading.code == .unavailable && !reading.isAmbiguous, "\(reading)")
            await read.close()
            #expect(try await server.status("f")?.size == 8 << 20)
        }

        /// Ends every connection, and returns once that can be seen.
        private func end(_ ssh: SSHServer) async throws {
            try ssh.signalConnections(SIGKILL)
            try await require(eventually: "no connection is left", within: .seconds(20)) {
                (try? ssh.signalConnections(0)) == 0
            }
        }

        @Test("connections that the server has closed meanwhile are not used")
        func stale() async throws {
            let ssh = try await SSHServer.start()
            let server = try await ssh.connect(connections: 3)
            try await server.put("f", [1])
            try await end(ssh)
            #expect(try await server.remove("f"))
            try await end(ssh)
            try await server.probe()
        }

        @Test("a server that stops answering is given up after the patience that was set", arguments: [true, false])
        func stalled(whole: Bool) async throws {
            let ssh = try await SSHServer.start()
            let server = try await ssh.connect(connections: 2, policy: Self.impatient)
            try await server.put("f", GeneratedSource(size: 1 << 20).bytes)
            // The one that listens too, or only those that serve.
            if whole { try ssh.signal(SIGSTOP) } else { try ssh.signalConnections(SIGSTOP) }
            let began = ContinuousClock.now
            let writing = try await storageError {
                try await server.put("g", GeneratedSource(size: 32 << 20).bytes)
            }
            #expect(writing.code == .timedOut && writing.isAmbiguous, "\(writing)")
            #expect(began.duration(to: .now) < .seconds(20))
            if whole { try ssh.signal(SIGCONT) } else { try ssh.signalConnections(SIGCONT) }
            #expect(try await server.get("f").count == 1 << 20)
        }

        @Test("a call that is cancelled ends at once, whatever the server does")
        func cancelled() async throws {
            let ssh = try await SSHServer.start()
            let server = try await ssh.connect(connections: 1)
            try ssh.signal(SIGSTOP)
            let began = ContinuousClock.now
            let call = Task { try await server.status("f") }
            let waiting = Task { try await server.status("f") }
            try await require(eventually: "both to wait") { began.duration(to: .now) > .milliseconds(300) }
            call.cancel()
            waiting.cancel()
            #expect(try await storageError { try await call.value }.code == .cancelled)
            #expect(try await storageError { try await waiting.value }.code == .cancelled)
            #expect(began.duration(to: .now) < .seconds(10))
            // Nothing but a new connection can tell that the server is back.
            let connecting = Task { try await server.status("f") }
            try await require(eventually: "it to connect") { began.duration(to: .now) > .milliseconds(900) }
            connecting.cancel()
            #expect(try await storageError { try await connecting.value }.code == .cancelled)
            try ssh.signal(SIGCONT)
            #expect(try await server.status("f") == nil)
        }

        @Test("keys are agreed on anew in the middle of a file, both ways")
        func rekeying() async throws {
            let ssh = try await SSHServer.start(["SSHD_EXTRA": "RekeyLimit 1M"])
            let server = try await ssh.connect()
            let bytes = GeneratedSource(size: 24 << 20).bytes
            try await server.put("f", bytes)
            #expect(try await server.get("f") == bytes)
        }

        @Test("nobody there, a name that does not resolve, and a server of another kind")
        func unreachable() async throws {
            let ssh = try await SSHServer.shared()
            let port = try TestPorts.reserve(1)
            let refused = try await storageError { try await ssh.connect { $0.port = port } }
            #expect(refused.code == .unavailable && refused.retry == .transient(after: nil) && !refused.isAmbiguous)
            let unknown = try await storageError { try await ssh.connect { $0.host = "no-such-host.invalid" } }
            #expect(unknown.code == .unavailable && unknown.message.contains("resolved"))
            let web = try ScriptedServer { connection in
                try connection.send("HTTP/1.1 400 Bad Request\r\n\r\n")
            }
            let other = try await storageError { try await ssh.connect { $0.port = UInt16(web.port) } }
            #expect(other.code == .unavailable, "\(other)")
        }
    }
#endif
