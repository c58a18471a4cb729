package import Storage
package import StowageContract

/// Whether a driver has fallen below its minimum of free space; pure.
package struct SpaceLevel: Sendable, Equatable {
    package private(set) var isLow = false

    package init() {}

    /// Notes a capacity; returns the minimum where it was crossed on the way down.
    ///
    /// Said once: again only after there was room in between. A store that does not tell changes nothing.
    package mutating func note(_ capacity: StoreCapacity, _ settings: DriverSettings) -> Int64? {
        guard let free = capacity.freeBytes, let minimum = settings.minimumFree(of: capacity) else { return nil }
        let wasLow = isLow
        isLow = free < minimum
        return isLow && !wasLow ? minimum : nil
    }
}
