import Foundation
package import Glibc

/// A server that a script of `Tests/Servers` has started on loopback ports, gone when this value or the test process goes.
package final class StartedServer: Sendable {
    /// The script did not succeed, or the server is not what a test needs.
    package struct Failure: Error, CustomStringConvertible {
        package var description: String
    }

    /// What the script says about the server (`S3_ENDPOINT`).
    package let facts: [String: String]
    /// Where the server keeps its files.
    package var path: String { folder.path }
    private let script: String
    private let folder: TemporaryFolder
    private let guardian: ServerGuardian

    /// Runs `Tests/Servers/<script> start` and returns when the server is up.
    ///
    /// - Throws: `Failure` with what the script said, which names what is not installed.
    package init(_ script: String, ports: Int, _ environment: [String: String] = [:]) async throws {
        ProcessEnd.isSudden
        self.script = Checkout.path("Tests/Servers/" + script)
        folder = try TemporaryFolder()
        // Before the server: whatever happens to this process from here on, the server ends.
        guardian = try ServerGuardian(script: self.script, folder: folder)
        let port = try TestPorts.reserve(ports)
        let output = try await Self.run([self.script, "start", folder.path, "\(port)"], environment, in: folder)
        facts = output.split(separator: "\n").reduce(into: [:]) { facts, line in
            let parts = line.split(separator: "=", maxSplits: 1)
            if parts.count == 2 { facts[String(parts[0])] = String(parts[1]) }
        }
    }

    /// Runs another command of the script; returns what it printed.
    @discardableResult
    package func run(_ command: String, _ arguments: [String] = []) async throws -> String {
        try await Self.run([script, command, folder.path] + arguments, [:], in: folder)
    }

    /// The process that the script calls so.
    package func pid(of name: String) throws -> pid_t {
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path("run"))
        guard let file = files.first(where: { $0.hasSuffix("-\(name).pid") }),
            let pid = pid_t(
                try String(contentsOfFile: folder.path("run/" + file), encoding: .utf8)
                    .trimmingCharacters(in: .whitespacesAndNewlines))
        else { throw Failure(description: "\(script) has started no \(name): \(files)\n\(lastLines())") }
        return pid
    }

    /// The end of each of its logs.
    package func lastLines(_ count: Int = 12) -> String { Self.lastLines(count, in: folder) }

    private static func lastLines(_ count: Int, in folder: TemporaryFolder) -> String {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path("log"))) ?? []
        return names.sorted().compactMap { name in
            guard let text = try? String(contentsOfFile: folder.path("log/" + name), encoding: .utf8), !text.isEmpty
            else { return nil }
            return "--- \(name)\n" + text.split(separator: "\n").suffix(count).joined(separator: "\n")
        }.joined(separator: "\n")
    }

    /// Not by pipes: what the script starts has its standard output, which would not end before the server does.
    private static func run(
        _ command: [String], _ environment: [String: String], in folder: TemporaryFolder
    ) async throws -> String {
        let place = try TemporaryFolder()
        let (output, errors) = (try place.write("", to: "output"), try place.write("", to: "errors"))
        let process = try SpawnedProcess(command, environment, output: .file(output), errors: .file(errors))
        let status = await process.ended()
        guard status == 0 else {
            let said = (try? String(contentsOfFile: errors, encoding: .utf8)) ?? ""
            let logs = lastLines(12, in: folder)
            throw Failure(description: "\(command.joined(separator: " ")): status \(status)\n\(said)\n\(logs)")
        }
        return try String(contentsOfFile: output, encoding: .utf8)
    }
}
