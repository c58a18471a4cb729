import Foundation

/// The `stowage` program as a process.
package enum StowageProgram {
    /// The one built together with the tests: it has crash points.
    package static let debug: String = {
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("stowage").path
    }()

    /// The release build: `STOWAGE_RELEASE_BINARY`, else the one in `.build/release`; `nil`: none was built.
    ///
    /// - Throws: when the variable names a file that is not there.
    package static func release() throws -> String? {
        let files = FileManager.default
        if let named = ProcessInfo.processInfo.environment["STOWAGE_RELEASE_BINARY"], !named.isEmpty {
            guard files.isExecutableFile(atPath: named) else {
                throw RabbitMQServer.Failure(description: "STOWAGE_RELEASE_BINARY names no program: \(named)")
            }
            return named
        }
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let built = root.appendingPathComponent(".build/release/stowage").path
        return files.isExecutableFile(atPath: built) ? built : nil
    }
}

/// A running `stowage worker`.
package final class WorkerProcess: Sendable {
    package let process: ChildProcess

    /// Starts one; `crashPoint` is where it will kill itself.
    package init(configuration: String, crashPoint: String? = nil, program: String = StowageProgram.debug) throws {
        var environment = ["STOWAGE_CONFIG": "", "STOWAGE_BROKER_URL": "", "STOWAGE_CRASH_POINT": ""]
        if let crashPoint { environment["STOWAGE_CRASH_POINT"] = crashPoint }
        process = try ChildProcess([program, "worker", "--config", configuration], environment)
    }

    package var pid: Int32 { process.pid }

    /// Waits until it consumes; returns how long after its start that was.
    ///
    /// - Throws: when it ends instead, with what it said.
    @discardableResult
    package func consuming(within limit: Duration = .seconds(30)) async throws -> Duration {
        let line = try await saying("worker consumes", within: limit)
        return line.at - process.startedAt
    }

    /// Waits until its log has a line with all of `texts`.
    @discardableResult
    package func saying(_ texts: String..., within limit: Duration = .seconds(30)) async throws -> ChildProcess.Line {
        func find() -> ChildProcess.Line? {
            process.errors.value.first { line in texts.allSatisfy { line.text.contains($0) } }
        }
        try await require(eventually: "the worker to say \(texts); it said:\n\(lastLines)", within: limit) {
            if find() != nil { return true }
            if let exit = process.exitIfEnded { throw Ended(exit: exit, log: lastLines) }
            return false
        }
        guard let line = find() else { throw Ended(exit: .code(-1), log: lastLines) }
        return line
    }

    /// Asks it to end and waits for that.
    package func stop() async -> ChildProcess.Exit {
        process.send(SIGTERM)
        return await process.ended()
    }

    /// As a loss of power would.
    @discardableResult
    package func kill() async -> ChildProcess.Exit {
        process.send(SIGKILL)
        return await process.ended()
    }

    /// The end of its log.
    package var lastLines: String { process.errors.value.suffix(12).map(\.text).joined(separator: "\n") }

    /// The process ended while somebody waited for it.
    package struct Ended: Error, CustomStringConvertible {
        package var exit: ChildProcess.Exit
        package var log: String

        package var description: String { "the worker ended (\(exit)); it said:\n\(log)" }
    }

    /// A figure of `/proc/<pid>/status` in KiB (`VmRSS`, `VmHWM`).
    package func memory(_ name: String) throws -> Int {
        let text = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix(name + ":") }),
            let figure = line.split(separator: " ").dropFirst().first ?? line.split(separator: "\t").last,
            let number = Int(figure.filter(\.isNumber))
        else { throw RabbitMQServer.Failure(description: "no \(name) in /proc/\(pid)/status") }
        return number
    }
}

/// Things went another way than a test needs to go on.
package struct UnexpectedTurn: Error, CustomStringConvertible {
    package var description: String

    package init(_ description: String) {
        self.description = description
    }
}

/// Waits for a condition that nobody signals.
///
/// - Throws: `UnexpectedTurn` with `what` where it does not come true in time.
package func require(
    eventually what: @autoclosure () -> String, within limit: Duration = .seconds(30),
    _ condition: () async throws -> Bool
) async throws {
    guard try await eventually(within: limit, condition) else {
        throw UnexpectedTurn("waited \(limit) in vain for \(what())")
    }
}
