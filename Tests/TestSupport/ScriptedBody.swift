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
        /// Waits until the value is true, then goes on with the next step.
        case wait(Watched<Bool>)
    }

    package let size: Int64?
    private let steps: [Step]
    private let index = Guarded(0)
    private let changes = Changes()
    private let closings = Guarded(0)

    package init(_ steps: [Step], size: Int64? = nil) {
        self.steps = steps
        self.size = size
    }

    /// How many steps were begun.
    package var begun: Int { index.withLock { $0 } }

    /// How often it was closed.
    package var closed: Int { closings.withLock { $0 } }

    /// Waits until that many steps were begun.
    package func waitForSteps(_ count: Int) async {
        _ = await changes.value { self.begun >= count ? true : nil }
    }

    package func next() async throws(StorageError) -> [UInt8]? {
        let step = index.withLock { index -> Step? in
            guard index < steps.count else { return nil }
            index += 1
            return steps[index - 1]
        }
        changes.signal()
        switch step {
        case nil: return nil
        case .bytes(let bytes): return bytes
        case .failure(let error): throw error
        case .hang:
            do { try await ContinuousClock().sleep(for: .seconds(3600)) } catch {}
            throw StorageError.cancelled
        case .wait(let gate):
            await gate.first { $0 }
            return try await next()
        }
    }

    package func close() async {
        closings.withLock { $0 += 1 }
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
