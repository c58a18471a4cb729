import ServiceRuntime
package import StowageContract

extension DriverSettings {
    /// How many bytes of a store must stay free: the larger of the two minimums; `nil`: none is configured.
    package func minimumFree(of capacity: StoreCapacity) -> Int64? {
        let bytes = minimumFreeBytes ?? 0
        let percent = minimumFreePercent ?? 0
        guard bytes > 0 || percent > 0 else { return nil }
        guard let total = capacity.totalBytes else { return bytes }
        let share = (Double(total) * percent / 100).rounded(.up)
        return max(bytes, Int64(exactly: share) ?? .max)
    }
}

extension Storage {
    /// Refuses a store that would leave less than the configured minimum; `nil`: there is none to leave.
    ///
    /// What comes back stands for the room until it is given to `room.end`.
    func promiseRoom(
        for size: Int64, brought: @escaping @Sendable () -> Int64
    ) async throws(StorageError) -> RoomLedger.Promise? {
        guard settings.minimumFree(of: StoreCapacity()) != nil, capabilities.capacity else { return nil }
        let settings = settings
        let isEnough = { (capacity: StoreCapacity) throws(StorageError) in
            guard let free = capacity.freeBytes, let minimum = settings.minimumFree(of: capacity) else { return }
            let (left, isBelowAll) = free.subtractingReportingOverflow(size)
            guard !isBelowAll, left >= minimum else {
                throw StorageError(
                    .outOfSpace, .transient(after: nil), "the store would fall below its minimum of free space",
                    context: ["free": String(free), "size": String(size), "minimum": String(minimum)])
            }
        }
        while true {
            let now = environment.time.millisecondsSinceEpoch
            if let promise = try room.admit(size, at: now, brought: brought, isEnough) { return promise }
            _ = try await readCapacity()
        }
    }

    /// Asks the store how much room there is, and remembers it.
    func readCapacity() async throws(StorageError) -> StoreCapacity {
        let reading = room.startReading()
        let capacity = try await call(.capacity) { () async throws(StorageError) in try await driver.capacity() }
        room.remember(capacity, reading, at: environment.time.millisecondsSinceEpoch)
        return capacity
    }
}
