import Sharing
import Storage
import StowageContract

/// A body whose chunks wait at the gate of a script.
final class GatedBody: ArchiveBody {
    private let body: any ArchiveBody
    private let script: DriverScript

    init(_ body: any ArchiveBody, _ script: DriverScript) {
        self.body = body
        self.script = script
    }

    var size: Int64? { body.size }

    func next() async throws(StorageError) -> [UInt8]? {
        script.noteWrite()
        await script.passGate()
        return try await body.next()
    }

    func close() async { await body.close() }
}

/// What a scripted driver was asked to read.
final class ScriptedReads: Sendable {
    fileprivate let parts = Guarded<[Range<Int64>?]>([])
    fileprivate let areGated = Guarded(false)
}

extension DriverScript {
    /// The parts that were asked for; `nil`: a whole archive.
    var reads: [Range<Int64>?] { readings.parts.withLock(\.self) }

    func noteRead(_ range: Range<Int64>?) { readings.parts.withLock { $0.append(range) } }

    func forgetReads() { readings.parts.withLock { $0 = [] } }

    /// Whether every chunk that is read counts as a write of the script, and waits at the gate.
    var gatesReads: Bool {
        get { readings.areGated.withLock(\.self) }
        set { readings.areGated.withLock { $0 = newValue } }
    }
}
