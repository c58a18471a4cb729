import Foundation
package import Glibc
import Sharing

/// A process started by a test.
///
/// Not Foundation's `Process`, which takes a process for running as long as any daemon that it has left behind, and
/// which loses its end to the exit tests of the same run.
package struct SpawnedProcess {
    /// The system would not start it.
    package struct Failure: Error {
        package var command: String
        package var code: Int32
    }

    /// One of its standard streams.
    package enum Stream {
        case file(String)
        case descriptor(Int32)

        package static var nothing: Stream { .file("/dev/null") }
    }

    package let pid: pid_t

    /// Starts it with the variables of this process and those given; standard streams are `/dev/null` unless named.
    ///
    /// It takes every signal as by default: threads of the concurrency runtime, whose mask it would have, block most.
    package init(
        _ command: [String], _ environment: [String: String] = [:], input: Stream = .nothing,
        output: Stream = .nothing, errors: Stream = .nothing
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (number, stream) in [input, output, errors].enumerated() {
            switch stream {
            case .file(let path):
                let mode = number == 0 ? O_RDONLY : O_WRONLY | O_APPEND
                posix_spawn_file_actions_addopen(&actions, Int32(number), path, mode, 0)
            case .descriptor(let descriptor):
                posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(number))
            }
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        // What has the tests' own lines written at once (`stdbuf`) is not for others, some of which see other files.
        if variables["LD_PRELOAD"]?.contains("libstdbuf") == true { variables["LD_PRELOAD"] = nil }
        var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
        var environment: [UnsafeMutablePointer<CChar>?] = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in arguments + environment { free(text) } }
        var pid: pid_t = 0
        let code = Self.spawning.withLock { _ in
            posix_spawnp(&pid, command[0], &actions, &attributes, &arguments, &environment)
        }
        guard code == 0 else { throw Failure(command: command[0], code: code) }
        self.pid = pid
    }

    /// No process is started between the making of a pipe and the mark that keeps it from others.
    private static let spawning = Guarded(())

    /// A pipe whose ends no other process inherits.
    package static func pipe() throws -> (read: Int32, write: Int32) {
        try spawning.withLock { _ in
            var ends: [Int32] = [-1, -1]
            guard Glibc.pipe(&ends) == 0 else { throw Failure(command: "pipe", code: errno) }
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            return (ends[0], ends[1])
        }
    }

    /// Runs `body`, which makes a descriptor and marks it as ours alone, while no process is started.
    package static func whileNoneStarts<Value: Sendable>(_ body: () -> Value) -> Value {
        spawning.withLock { _ in body() }
    }

    /// Waits for its end; returns its exit status, or 128 and the signal that ended it.
    package func wait() -> Int32 {
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        return status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F)
    }

    /// The same without keeping a thread of the concurrency runtime.
    package func ended() async -> Int32 {
        await handedOver { waiter in
            Thread.detachNewThread { waiter.resume(returning: wait()) }
        }
    }
}
