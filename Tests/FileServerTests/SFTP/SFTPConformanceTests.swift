#if SFTP
    import DriverConformance
    import ServiceRuntime
    import SFTPDriver
    import Storage
    import TestSupport
    import Testing

    /// In a process of its own: what they hold beside each other would hide what another driver holds.
    @Suite("SFTP on OpenSSH, in every stack and way to log in", .timeLimit(.minutes(10)))
    struct SFTPConformanceTests {
        @Test("keeps the promise of file servers", arguments: FileServerPromise.all)
        func atTheSeam(promise: FileServerPromise) async throws {
            try await promise.run(try await SSHServer.shared().connect())
        }

        @Test("keeps the promise", arguments: ConformanceCase.selected(DriverHarness.sftp))
        func promise(harness: DriverHarness, promise: ConformanceCase) async throws {
            try await promise.run(harness)
        }
    }

    extension DriverHarness {
        static let sftp: [DriverHarness] =
            Stack.allCases.map { sftp($0, "password") { _, _ in } } + [
                sftp(.full, "ed25519") { configuration, server in
                    configuration.privateKeyFile = server.keyFile("ed25519")
                    configuration.password = nil
                }
            ]

        private static func sftp(
            _ stack: Stack, _ login: String, _ change: @escaping @Sendable (inout SFTPConfiguration, SSHServer) -> Void
        ) -> DriverHarness {
            var capabilities = StoreCapabilities()
            capabilities.atomicCreate = true
            capabilities.rangeRead = true
            capabilities.resumableUpload = true
            capabilities.list = true
            capabilities.listsStoreTimes = true
            capabilities.capacity = true
            var harness = DriverHarness(
                SFTPStorageDriver.type + "-" + login, stack, capabilities, longArchiveBytes: 2 << 20
            ) { environment in
                let server = try await SSHServer.shared()
                var environment = environment
                // Each is a process of the server's, and the cases run beside each other.
                environment.connections = 4
                var policy = FileServerPolicy()
                policy.leastResumableBytes = 1 << 20
                policy.segmentBytes = 256 << 10
                let driver = try await SFTPStorageDriver.open(
                    server.configuration { change(&$0, server) }, in: environment, policy: policy)
                return (stack == .faulty ? FaultInjectingDriver(driver) : driver, ())
            }
            harness.sharesCheckpoints = true
            harness.measuresMemory = false
            return harness
        }
    }
#endif
