import Sharing
import ServiceRuntime
import Storage
import StorageDrivers
import StowageContract
import TestSupport

/// A memory driver whose calls fail as a test says.
final class ScriptedDriver: StorageDriver, Retaining {
    static let type = "scripted"

    struct Configuration: Decodable, Sendable {
        /// Names the `DriverScript` that the test holds.
        var script: String
    }

    let memory: MemoryStorageDriver
    let script: DriverScript

    init(memory: MemoryStorageDriver, script: DriverScript) {
        self.memory = memory
        self.script = script
    }

    static func open(
        _ configuration: Configuration, in environment: DriverEnvironment
    ) async throws(StorageError) -> ScriptedDriver {
        guard let script = DriverScript.named(configuration.script) else {
            throw StorageError(.unexpected, .permanent, "no such script")
        }
        try script.checkPresence()
        if let error = script.next(.open)?.error { throw error }
        return ScriptedDriver(
            memory: try await MemoryStorageDriver.open(MemoryConfiguration(), in: environment), script: script)
    }

    var capabilities: StoreCapabilities {
        var capabilities = memory.capabilities
        capabilities.resumableUpload = script.resumes
        return capabilities
    }

    var storeID: String? { memory.storeID }
    var durability: Durability { memory.durability }

    func write(_ request: WriteRequest, from body: any ArchiveBody) async throws(StorageError) -> WriteReceipt {
        script.noteWrite()
        await script.passGate()
        try script.checkPresence()
        try StorageError.checkCancellation()
        guard let fault = script.next(.write) else { return try await memory.write(request, from: body) }
        if fault.isAfterEffect { _ = try await memory.write(request, from: body) }
        guard let error = fault.error else { return try await memory.write(request, from: body) }
        throw error
    }

    func stat(_ key: ArchiveKey, version: String?) async throws(StorageError) -> StoredArchive? {
        try script.checkPresence()
        if let error = script.next(.stat)?.error { throw error }
        return try await memory.stat(key, version: version)
    }

    func read(
        _ key: ArchiveKey, version: String?, range: Range<Int64>?
    ) async throws(StorageError) -> any ArchiveBody {
        script.noteRead(range)
        if let body = script.nextBody() { return body }
        let body = try await memory.read(key, version: version, range: range)
        return script.gatesReads ? GatedBody(body, script) : body
    }

    func delete(_ request: DeleteRequest) async throws(StorageError) -> Bool { try await memory.delete(request) }

    func retain(_ request: RetainRequest) async throws(StorageError) -> RetentionState {
        try await memory.retain(request)
    }

    func list(prefix: String, after: String?, limit: Int) async throws(StorageError) -> ArchivePage {
        try await memory.list(prefix: prefix, after: after, limit: limit)
    }

    func capacity() async throws(StorageError) -> StoreCapacity {
        if let capacity = script.capacity { return capacity }
        return try await memory.capacity()
    }

    func probe() async throws(StorageError) { try script.checkPresence() }
    func sweep(olderThan age: Duration) async throws(StorageError) -> Int { 0 }
    func close() async {}
}

/// What a scripted driver shall do wrong, in order.
final class DriverScript: Sendable {
    enum Call { case open, write, stat }

    struct Fault {
        /// `nil`: no fault, this time.
        var error: StorageError?
        var isAfterEffect = false
    }

    private struct State {
        var faults: [(Call, Fault)] = []
        var writes = 0
        var isGated = false
        var isAway = false
        var capacity: StoreCapacity?
        /// How many may pass although the gate is closed.
        var admitted = 0
        var waiting: [Handover<Void>] = []
        var arrivals: [(Int, Handover<Void>)] = []
        var resumes = false
        var upload = InterruptedUpload()
        var bodies: [any ArchiveBody] = []
    }

    private static let all = Guarded<[String: DriverScript]>([:])
    private let state = Guarded(State())
    let readings = ScriptedReads()
    let name: String

    init(name: String) {
        self.name = name
        Self.all.withLock { $0[name] = self }
    }

    static func named(_ name: String) -> DriverScript? { all.withLock { $0[name] } }

    /// The next `times` calls fail; `afterEffect`: they do what they should before.
    func fail(_ call: Call, _ error: StorageError, times: Int = 1, afterEffect: Bool = false) {
        state.withLock {
            $0.faults += Array(repeating: (call, Fault(error: error, isAfterEffect: afterEffect)), count: times)
        }
    }

    /// The call after the next one fails.
    func failAfterNext(_ call: Call, _ error: StorageError) {
        state.withLock { $0.faults += [(call, Fault(error: nil)), (call, Fault(error: error))] }
    }

    /// Every call finds no answer for as long as this is so, and is not tried again at once.
    var isAway: Bool {
        get { state.withLock { $0.isAway } }
        set { state.withLock { $0.isAway = newValue } }
    }

    func checkPresence() throws(StorageError) {
        if isAway { throw StorageError(.unavailable, .exhausted, "the store is away") }
    }

    /// What it says about its room; `nil`: what the memory says.
    var capacity: StoreCapacity? {
        get { state.withLock { $0.capacity } }
        set { state.withLock { $0.capacity = newValue } }
    }

    /// How many writes have begun.
    var writes: Int { state.withLock { $0.writes } }

    func next(_ call: Call) -> Fault? {
        state.withLock { state in
            guard let index = state.faults.firstIndex(where: { $0.0 == call }) else { return nil }
            return state.faults.remove(at: index).1
        }
    }

    /// Whether interrupted writes can be gone on with; decided before the first one.
    var resumes: Bool {
        get { state.withLock { $0.resumes } }
        set { state.withLock { $0.resumes = newValue } }
    }

    /// What the last interrupted write has left.
    var upload: InterruptedUpload {
        get { state.withLock { $0.upload } }
        set { state.withLock { $0.upload = newValue } }
    }

    /// The next read brings that instead of what is stored.
    func bring(_ body: any ArchiveBody) { state.withLock { $0.bodies.append(body) } }

    func nextBody() -> (any ArchiveBody)? {
        state.withLock { $0.bodies.isEmpty ? nil : $0.bodies.removeFirst() }
    }

    /// Writes wait until the gate opens.
    func closeGate() { state.withLock { $0.isGated = true } }

    func openGate() {
        let waiting = state.withLock { state in
            state.isGated = false
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Lets one pass that waits, or the next one that comes.
    func admit() {
        let waiting = state.withLock { state -> Handover<Void>? in
            if state.waiting.isEmpty {
                state.admitted += 1
                return nil
            }
            return state.waiting.removeFirst()
        }
        waiting?.resume()
    }

    func passGate() async {
        await AbandonedWait.handedOver { continuation in
            let passes = state.withLock { state in
                if state.isGated, state.admitted == 0 {
                    state.waiting.append(continuation)
                    return false
                }
                if state.isGated { state.admitted -= 1 }
                return true
            }
            if passes { continuation.resume() }
        }
    }

    func noteWrite() {
        let arrived = state.withLock { state in
            state.writes += 1
            let writes = state.writes
            defer { state.arrivals.removeAll { $0.0 <= writes } }
            return state.arrivals.filter { $0.0 <= writes }
        }
        for (_, continuation) in arrived { continuation.resume() }
    }

    /// Returns once that many writes have begun.
    func writesBegun(_ count: Int) async {
        await AbandonedWait.handedOver { continuation in
            let isThere = state.withLock { state in
                if state.writes < count { state.arrivals.append((count, continuation)) }
                return state.writes >= count
            }
            if isThere { continuation.resume() }
        }
    }
}
