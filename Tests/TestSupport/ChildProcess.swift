import Foundation
import Glibc
import Synchronization

/// A process that a test starts, talks to by signals, and whose lines it reads as they come.
///
/// It ends with the test process at the latest.
package final class ChildProcess: Sendable {
    /// A line that it wrote.
    package struct Line: Sendable {
        package var text: String
        package var at: ContinuousClock.Instant
    }

    /// How it ended.
    package enum Exit: Sendable, Equatable {
        case code(Int32)
        case signal(Int32)
    }

    package let pid: Int32
    package let startedAt: ContinuousClock.Instant
    /// What it has written to standard output.
    package let output = Watched<[Line]>([])
    /// What it has written to standard error.
    package let errors = Watched<[Line]>([])
    private let exit = Watched<Exit?>(nil)
    /// Streams that are still open.
    private let open = Watched(2)

    /// Starts it with the variables of this process and those given; standard input is empty.
    package init(_ command: [String], _ environment: [String: String] = [:]) throws {
        let (fromOutput, toOutput) = try SpawnedProcess.pipe()
        let (fromErrors, toErrors) = try SpawnedProcess.pipe()
        defer {
            close(toOutput)
            close(toErrors)
        }
        startedAt = .now
        let process: SpawnedProcess
        do {
            process = try SpawnedProcess(
                command, environment, output: .descriptor(toOutput), errors: .descriptor(toErrors))
        } catch {
            close(fromOutput)
            close(fromErrors)
            throw error
        }
        pid = process.pid
        ProcessGuardian.shared?.watch(pid)
        read(fromOutput, into: output)
        read(fromErrors, into: errors)
        let exit = exit
        Thread.detachNewThread {
            // Reaped only after the guardian has forgotten it: until then nobody else gets its number.
            var information = siginfo_t()
            while waitid(P_PID, id_t(process.pid), &information, WEXITED | WNOWAIT) < 0, errno == EINTR {}
            ProcessGuardian.shared?.forget(process.pid)
            exit.change { exit in
                let status = process.wait()
                exit = status >= 128 ? .signal(status - 128) : .code(status)
            }
        }
    }

    /// Waits for its end and for its last line.
    package func ended() async -> Exit {
        await open.first { $0 == 0 }
        let exit = await exit.first { $0 != nil }
        return exit ?? .code(-1)
    }

    /// How it ended; `nil`: it runs.
    package var exitIfEnded: Exit? { exit.value }

    /// Sends it a signal; nothing where it has ended.
    package func send(_ signal: Int32) {
        exit.change { exit in
            if exit == nil { _ = Glibc.kill(self.pid, signal) }
        }
    }

    /// Its standard output as one text.
    package var outputText: String { output.value.map(\.text).joined(separator: "\n") }
    /// Its standard error as one text.
    package var errorText: String { errors.value.map(\.text).joined(separator: "\n") }

    private func read(_ descriptor: Int32, into lines: Watched<[Line]>) {
        let open = open
        Thread.detachNewThread {
            var rest: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 65_536)
            func flush(_ bytes: [UInt8], _ moment: ContinuousClock.Instant) {
                let line = Line(text: String(decoding: bytes, as: UTF8.self), at: moment)
                lines.change { $0.append(line) }
            }
            while true {
                let count = Glibc.read(descriptor, &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { break }
                let moment = ContinuousClock.now
                rest += buffer[..<count]
                while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                    flush(Array(rest[..<end]), moment)
                    rest.removeSubrange(...end)
                }
            }
            if !rest.isEmpty { flush(rest, .now) }
            close(descriptor)
            open.change { $0 -= 1 }
        }
    }

    /// Runs a command to its end and returns its standard output.
    ///
    /// - Throws: `Failure` with its standard error where it does not succeed.
    @discardableResult
    package static func run(_ command: [String], _ environment: [String: String] = [:]) async throws -> String {
        let process = try ChildProcess(command, environment)
        let exit = await process.ended()
        guard exit == .code(0) else {
            throw Failure(command: command, exit: exit, output: process.outputText, errors: process.errorText)
        }
        return process.outputText
    }

    /// A command that did not succeed.
    package struct Failure: Error, CustomStringConvertible {
        package var command: [String]
        package var exit: Exit
        package var output: String
        package var errors: String

        package var description: String {
            "\(command.joined(separator: " ")): \(exit)\n\(output)\n\(errors)"
        }
    }
}

/// Kills what a test process leaves running when it ends, in whatever way.
private final class ProcessGuardian: Sendable {
    static let shared = try? ProcessGuardian()

    private let end: Int32

    private init() throws {
        let pipe = try SpawnedProcess.pipe()
        defer { close(pipe.read) }
        end = pipe.write
        let script = """
            declare -A pids
            while read -r sign pid; do
                if [ "$sign" = + ]; then pids[$pid]=1; else unset "pids[$pid]"; fi
            done
            for pid in "${!pids[@]}"; do kill -KILL "$pid" 2>/dev/null; done
            """
        _ = try SpawnedProcess(["setsid", "bash", "-c", script], input: .descriptor(pipe.read))
    }

    func watch(_ pid: pid_t) { say("+ \(pid)\n") }
    func forget(_ pid: pid_t) { say("- \(pid)\n") }

    private func say(_ line: String) {
        var bytes = Array(line.utf8)
        _ = write(end, &bytes, bytes.count)
    }
}
