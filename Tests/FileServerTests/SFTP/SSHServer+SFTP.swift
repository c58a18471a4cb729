#if SFTP
    import DriverConformance
    import ServiceRuntime
    import SFTPDriver
    import Storage
    import StowageContract
    import TestSupport
    import Testing

    extension SSHServer {
        /// By password and known hosts, over a folder of its own.
        func configuration(_ change: (inout SFTPConfiguration) -> Void = { _ in }) -> SFTPConfiguration {
            var configuration = SFTPConfiguration(host: host, port: port, user: user)
            configuration.password = Secret(password)
            configuration.knownHostsFile = knownHostsFile
            configuration.path = folder()
            change(&configuration)
            return configuration
        }

        func connect(
            connections: Int = 4, policy: SFTPPolicy = SFTPPolicy(),
            _ change: (inout SFTPConfiguration) -> Void = { _ in }
        ) async throws -> SFTPServer {
            try await SFTPServer.connect(
                configuration(change), in: .forTests(connections: connections), policy: policy)
        }
    }

    extension DriverEnvironment {
        static func forTests(connections: Int) throws -> DriverEnvironment {
            DriverEnvironment(
                name: try #require(DriverName("tested")), blocking: BlockingPool(threads: 4),
                now: { Timestamp(millisecondsSinceEpoch: TimeSource.system.millisecondsSinceEpoch) },
                connections: connections)
        }
    }

    /// The error that `body` ends with.
    func storageError<Value>(
        sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> Value
    ) async throws -> StorageError {
        let error = await #expect(throws: StorageError.self, sourceLocation: sourceLocation) { _ = try await body() }
        return try #require(error, sourceLocation: sourceLocation)
    }
#endif
