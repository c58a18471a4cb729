import Sharing
import StowageContract
package import Storage

/// A body that does what a test wrote down: bytes, failures, and waits.
package final class ScriptedBody: ArchiveBody {
    /// What one call of `next` does.
    package enum Step: Sendable {
        case bytes([UInt8])
        case failure(StorageError)
        /// Waits until the task is cancelled, then throws `.cancelled`.
        case hang
        /// Waits as long as that takes, then goes on with the next step.
        case wait(@Sendable () async -> Void)
    }

    package let size: Int64?
    private struct Progress {
        var begun = 0
        var closed = 0
        var waiters: [(steps: Int, handover: Handover<Void>)] = []
    }

    private let steps: [Step]
    private let progress = Guarded(Progress())

    package init(_ steps: [Step], size: Int64? = nil) {
        self.steps = steps
        self.size = size
    }

    /// How many steps were begun.
    package var begun: Int { progress.withLock { $0.begun } }

    /// How often it was closed.
    package var closed: Int { progress.withLock { $0.closed } }

    /// Waits until that many steps were begun.
    package func waitForSteps(_ count: Int) async {
        await handedOver { handover in
            let isThere = progress.withLock { progress in
                if progress.begun >= count { return true }
                progress.waiters.append((count, handover))
                return false
            }
            if isThere { handover.resume() }
        }
    }

    package func next() async throws(StorageError) -> [UInt8]? {
        let (step, arrived) = progress.withLock { progress -> (Step?, [Handover<Void>]) in
            guard progress.begun < steps.count else { return (nil, []) }
            progress.begun += 1
            let begun = progress.begun
            let arrived = progress.waiters.filter { $0.steps <= begun }.map(\.handover)
            progress.waiters.removeAll { $0.steps <= begun }
            return (steps[begun - 1], arrived)
        }
        for handover in arrived { handover.resume() }
        switch step {
        case nil: return nil
        case .bytes(let bytes): return bytes
        case .failure(let error): throw error
        case .hang:
            do { try await ContinuousClock().sleep(for: .seconds(3600)) } catch {}
            throw StorageError.cancelled
        case .wait(let wait):
            await wait()
            return try await next()
        }
    }

    package func close() async {
        progress.withLock { $0.closed += 1 }
    }
}

/// A source that opens what a test gives it, or fails to.
package struct ScriptedSource: ArchiveSource {
    private let make: @Sendable () throws(StorageError) -> any ArchiveBody

    package init(_ make: @escaping @Sendable () throws(StorageError) -> any ArchiveBody) {
        self.make = make
    }

    /// A source that is gone.
    package static var gone: ScriptedSource {
        ScriptedSource { () throws(StorageError) in
            throw StorageError(.notFound, .permanent, "the source is gone", at: .source)
        }
    }

    package func open() async throws(StorageError) -> any ArchiveBody { try make() }
}
