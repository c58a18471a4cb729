import Sharing

/// Who waits for a look into a folder, and what is under way that he may wait for (`S3Looks`).
struct S3LookQueue {
    struct Waiter {
        var folder: String
        var turns = 0
        /// Whether a listing that shows its folder is under way.
        var isTaken = false
        var handover: Handover<S3Looks.Turn>
    }

    /// Listings for several that may be under way: were it one, a single answer that hangs would hold everybody up.
    private static let listingsAtOnce = 2
    /// So many who wait are worth another one.
    private static let crowd = 32
    /// With so many writes under way there soon are others to share a look with.
    private static let company = 4
    private static let leastPatience = Duration.milliseconds(20)

    var listings = 0
    /// Whether folders that are wanted at the same time have been found close together.
    var isCrowded = true
    /// Looks since it was tried the last time.
    var alone = 0
    var lastTicket: UInt64 = 0
    var waiting: [UInt64: Waiter] = [:]
    /// Archives that are being sent.
    var writes = 0
    /// Small archives between their first look and the end of their last one: all who look, or are about to.
    var present = 0
    /// How long the last listing took.
    var lastListing: Duration?
    /// Whether somebody who may list waits for company.
    var isGathering = false

    /// Whether as many are with the one who may list as are still to come: of two crowds of a size, one is answered while
    /// the other one keeps the store busy.
    var isEnough: Bool { !isCrowded || 2 * (free.count + 1) >= present }

    /// How long a listing may wait for company.
    func patience(atMost most: Duration) -> Duration {
        guard let lastListing else { return most }
        return min(most, max(Self.leastPatience, lastListing * 2))
    }

    /// Whether a look now would be shared.
    var isShared: Bool { isCrowded && (listings > 0 || writes >= Self.company) }

    /// Those who wait and are in nobody's listing yet.
    var free: some Collection<UInt64> { waiting.filter { !$0.value.isTaken }.keys }

    /// Whether one more listing is worth it, beside those that are under way.
    func mayList(beside others: Int, waiting count: Int) -> Bool {
        others == 0 || !isGathering && others < Self.listingsAtOnce && count >= Self.crowd
    }

    /// Who leads next, in the place of a listing that is over.
    mutating func passOn() -> Handover<S3Looks.Turn>? {
        let free = free
        guard let next = free.min(), mayList(beside: listings - 1, waiting: free.count) else {
            listings -= 1
            return nil
        }
        return waiting.removeValue(forKey: next)?.handover
    }
}
