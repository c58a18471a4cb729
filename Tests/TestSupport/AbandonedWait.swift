package import Foundation
import Glibc
package import Sharing

/// A wait for a signal that its test has given up.
///
/// A time limit cancels its test and then waits for it; a test that waits for a signal does not look, and the whole run
/// would stand still without a word.
package enum AbandonedWait {
    /// Runs `body`; `end` is called where `body` still waits `patience` seconds after its task was cancelled.
    package static func guarded<Value>(
        patience: TimeInterval = 60, orElse end: @escaping @Sendable () -> Void = endRun, _ body: () async -> Value
    ) async -> Value {
        let isOver = DispatchSemaphore(value: 0)
        defer { isOver.signal() }
        return await withTaskCancellationHandler(operation: body) {
            Thread.detachNewThread {
                if isOver.wait(timeout: .now() + patience) == .timedOut { end() }
            }
        }
    }

    /// Calls `ask` at once and waits, guarded, until somebody resumes what it was given.
    package static func handedOver<Value: Sendable>(_ ask: (Handover<Value>) -> Void) async -> Value {
        await guarded { await Sharing.handedOver(ask) }
    }

    /// Ends the process with a word.
    package static func endRun() {
        var line = Array("\nerror: a test that was given up still waits for a signal; the run ends here\n".utf8)
        _ = write(STDERR_FILENO, &line, line.count)
        kill(getpid(), SIGABRT)
    }
}
