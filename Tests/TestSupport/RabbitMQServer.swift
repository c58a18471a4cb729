import Sharing
import Foundation
import Glibc

/// A private RabbitMQ node on loopback ports, gone when this value or the test process goes.
///
/// Where `rabbitmq-server` is missing `start` throws: the tests that need it fail.
package final class RabbitMQServer: Sendable {
    /// A script that did not succeed, with what it wrote to standard error.
    package struct Failure: Error, CustomStringConvertible {
        package var description: String
    }

    private let folder: TemporaryFolder
    private let facts: [String: String]
    private let guardian: ServerGuardian

    private static let one = Guarded<RabbitMQServer?>(nil)

    /// One node for all tests of this process that leave it as they found it.
    package static func shared() throws -> RabbitMQServer {
        try one.withLock { server in
            if let server { return server }
            let started = try start()
            server = started
            return started
        }
    }

    /// Starts a node and returns when it takes connections.
    ///
    /// What `environment` may hold, `Tests/Servers/rabbitmq.sh` says (`RABBITMQ_EXTRA_CONF`, `ROOTFS`).
    package static func start(_ environment: [String: String] = [:]) throws -> RabbitMQServer {
        let folder = try TemporaryFolder()
        // Before the node: whatever happens to this process from here on, the node ends.
        let guardian = try ServerGuardian(script: script, folder: folder)
        let port = try TestPorts.reserve(64)
        let output = try run([script, "start", folder.path, "\(port)"], environment)
        var facts: [String: String] = [:]
        for line in output.split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1)
            if parts.count == 2 { facts[String(parts[0])] = String(parts[1]) }
        }
        return RabbitMQServer(folder: folder, facts: facts, guardian: guardian)
    }

    private init(folder: TemporaryFolder, facts: [String: String], guardian: ServerGuardian) {
        self.folder = folder
        self.facts = facts
        self.guardian = guardian
    }

    /// `amqp://` with the administrator's name and password.
    package var url: String { facts["AMQP_URL"] ?? "" }
    /// `amqps://` by the name in the certificate.
    package var secureURL: String { facts["AMQPS_URL"] ?? "" }
    /// PEM file of the authority that signed the certificates.
    package var authorities: String { facts["AMQP_CA"] ?? "" }
    /// PEM file of a certificate that is good for clients too.
    package var certificate: String { facts["AMQP_CERT"] ?? "" }
    /// PEM file of its key.
    package var key: String { facts["AMQP_KEY"] ?? "" }
    /// The HTTP API, with name and password in it.
    package var managementURL: String { facts["MANAGEMENT_URL"] ?? "" }
    /// Where the node keeps its files.
    package var path: String { folder.path }

    /// Runs `rabbitmqctl` and returns what it printed.
    @discardableResult
    package func control(_ arguments: String...) throws -> String {
        try Self.run([Self.script, "ctl", folder.path, "0"] + arguments)
    }

    /// The node crashes, as with `kill -9`; returns when it is gone.
    package func kill() throws {
        let text = try String(contentsOfFile: folder.path("data/0.pid"), encoding: .utf8)
        guard let pid = pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)) else {
            throw Failure(description: "no pid in '\(text)'")
        }
        Glibc.kill(pid, SIGKILL)
        // Reaped by the script that started it, or by init.
        while Glibc.kill(pid, 0) == 0 { usleep(5000) }
    }

    /// Starts the node again on the same files and ports; returns when it takes connections.
    package func restart() throws {
        try Self.run([Self.script, "restart", folder.path, "0"])
    }

    private static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Servers/rabbitmq.sh").path

    @discardableResult
    private static func run(_ command: [String], _ environment: [String: String] = [:]) throws -> String {
        let folder = try TemporaryFolder()
        let (output, errors) = (try folder.write("", to: "output"), try folder.write("", to: "errors"))
        let status = try SpawnedProcess(command, environment, output: .file(output), errors: .file(errors)).wait()
        guard status == 0 else {
            let text = try String(contentsOfFile: errors, encoding: .utf8)
            throw Failure(description: "\(command.joined(separator: " ")): \(text)")
        }
        return try String(contentsOfFile: output, encoding: .utf8)
    }
}
