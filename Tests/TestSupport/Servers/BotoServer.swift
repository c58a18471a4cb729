import Sharing

/// The one Python of this process that has boto3 loaded (`Tests/Servers/boto.py`); it forks for each script.
///
/// Where boto3 is missing the tests that need it fail.
final class BotoServer: Sendable {
    private let process: ChildProcess
    private static let one = Guarded<Task<BotoServer, any Error>?>(nil)
    private let name = "stowage-boto-\(UInt64.random(in: 0 ... .max))"
    private static let program = Checkout.path("Tests/Servers/boto.py")

    static func shared() async throws -> BotoServer {
        let starting = one.withLock { starting in
            let task = starting ?? Task.detached { try await BotoServer() }
            starting = task
            return task
        }
        return try await starting.value
    }

    private init() async throws {
        let environment = [
            "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            "AWS_EC2_METADATA_DISABLED": "true", "PYTHONDONTWRITEBYTECODE": "1",
        ]
        let process = try ChildProcess([Checkout.python, Self.program, "serve", name], environment)
        self.process = process
        try await require(eventually: "boto3 to be loaded; it said: \(process.errorText)") {
            if process.exitIfEnded != nil {
                throw StartedServer.Failure(description: "boto.py (Tests/Servers/install.sh s3): \(process.errorText)")
            }
            return process.outputText == "ready"
        }
    }

    /// Runs a script and returns what it printed.
    ///
    /// - Throws: `ChildProcess.Failure` with the traceback where it does not succeed.
    func run(_ script: String, _ arguments: [String], _ environment: [String: String]) async throws -> String {
        let place = try TemporaryFolder()
        let file = try place.write(script + "\n", to: "script.py")
        // Without `site`: it takes longer than all the rest, and only what comes with Python is used there.
        let command = [Checkout.python, "-I", "-S", Self.program, "run", name, file]
        return try await ChildProcess.run(command + arguments, environment)
    }
}
