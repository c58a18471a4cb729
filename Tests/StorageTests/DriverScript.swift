import Storage
import StowageContract
import TestSupport

/// What is called of a driver.
enum DriverCall: String, Sendable {
    case open, write, persist, stat, read, delete, list, capacity, probe, sweep, retain, presign, close
}

/// What a scripted driver is like, what it shall do wrong, and what it was asked.
final class DriverScript: Sendable {
    @TaskLocal static var current: DriverScript?

    struct Entry: Sendable {
        var bytes: [UInt8]
        var manifest: Manifest?
        var holds: [TaskID] = []
    }

    struct Fault: Sendable {
        var call: DriverCall
        var error: StorageError
        var isAfterEffect = false
    }

    struct State: Sendable {
        var capabilities = DriverScript.usual
        var storeID: String? = String(repeating: "5", count: 32)
        var durability = Durability.full
        var capacity = StoreCapacity()
        /// How the driver says that it proved what it wrote.
        var proof: Verification?
        /// What it writes instead of what it was given.
        var damage: [UInt8]?
        /// Whether it refuses itself to delete what is retained.
        var enforces = false
        var archives: [ArchiveKey: Entry] = [:]
        var faults: [Fault] = []
        var held: Set<DriverCall> = []
        // What was seen.
        var calls: [DriverCall] = []
        var discarded = 0
        /// How many connections it may hold open.
        var connections: Int?
        var lastPolicy: VerificationPolicy?
        var listings: [String] = []
        var ranges: [Range<Int64>?] = []

        func archive(_ key: ArchiveKey) -> StoredArchive? {
            archives[key].map { entry in
                StoredArchive(
                    key: key, size: Int64(entry.bytes.count), manifest: entry.manifest,
                    protection: RetentionState(
                        retention: entry.manifest?.retention,
                        holds: entry.holds + (entry.manifest.map { $0.legalHold ? [$0.taskID] : [] } ?? [])))
            }
        }
    }

    let state = Watched(State())

    /// A store that refuses a second archive, lists and reads parts.
    static var usual: StoreCapabilities {
        var capabilities = StoreCapabilities()
        capabilities.atomicCreate = true
        capabilities.rangeRead = true
        capabilities.list = true
        capabilities.capacity = true
        return capabilities
    }

    /// The calls so far, in order.
    var calls: [DriverCall] { state.value.calls }

    /// The next `times` calls fail; `afterEffect`: having done what they should.
    func fail(_ call: DriverCall, _ error: StorageError, times: Int = 1, afterEffect: Bool = false) {
        let fault = Fault(call: call, error: error, isAfterEffect: afterEffect)
        state.change { $0.faults += Array(repeating: fault, count: times) }
    }

    /// Calls of that kind wait until they are let go.
    func hold(_ call: DriverCall) { state.change { _ = $0.held.insert(call) } }

    func letGo(_ call: DriverCall) { state.change { _ = $0.held.remove(call) } }

    /// Returns once so many calls of that kind have begun.
    func reached(_ call: DriverCall, _ count: Int = 1) async {
        await state.first { state in state.calls.count { $0 == call } >= count }
    }

    func begin(_ call: DriverCall) async throws(StorageError) {
        state.change { $0.calls.append(call) }
        await state.first { !$0.held.contains(call) }
        try take(call, isAfterEffect: false)
    }

    func end(_ call: DriverCall) throws(StorageError) {
        try take(call, isAfterEffect: true)
    }

    func archive(_ key: ArchiveKey) -> StoredArchive? { state.value.archive(key) }

    private func take(_ call: DriverCall, isAfterEffect: Bool) throws(StorageError) {
        let fault = state.change { state -> Fault? in
            guard let index = state.faults.firstIndex(where: { $0.call == call && $0.isAfterEffect == isAfterEffect })
            else { return nil }
            return state.faults.remove(at: index)
        }
        if let fault { throw fault.error }
    }
}
