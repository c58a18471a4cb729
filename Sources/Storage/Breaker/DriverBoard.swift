package import ServiceRuntime
package import Sharing
package import StowageContract

/// What this process knows of its drivers: which answer, and since when one does not.
///
/// Fed by every call; who is waiting for outages probes the driver until `probed` has closed its breaker.
package final class DriverBoard: BreakerHook {
    /// A driver went down.
    package struct Outage: Sendable {
        package var since: Timestamp
        /// What the last call met.
        package var error: StorageError
    }

    /// Only those of which there is something to know.
    private let breakers = Guarded<[DriverName: DriverBreaker]>([:])
    private let mailboxes: [DriverName: (mailbox: Mailbox<Outage>, slot: Mailbox<Outage>.Slot)]
    private let time: TimeSource

    /// A board of these drivers; others are not watched.
    package init(_ drivers: [DriverName], time: TimeSource) {
        self.mailboxes = Dictionary(drivers.map { ($0, Mailbox<Outage>.make()) }) { first, _ in first }
        self.time = time
    }

    /// All drivers, in byte order.
    package var drivers: [DriverName] { mailboxes.keys.sorted { $0.text < $1.text } }

    /// Every time that `driver` goes down; for one reader.
    package func outages(of driver: DriverName) -> Mailbox<Outage>? { mailboxes[driver]?.mailbox }

    /// Since when a driver has been down; `nil`: it is up.
    package func downSince(_ driver: DriverName) -> Timestamp? {
        breakers.withLock { $0[driver]?.downSince }
    }

    /// How long to wait before the next probe of a driver that is down.
    package func wait(before driver: DriverName) -> Duration {
        breakers.withLock { $0[driver]?.wait ?? .zero }
    }

    /// What whoever asks a driver that is down gets instead of an answer; `nil`: it may be asked.
    package func refusal(of driver: DriverName) -> StorageError? {
        guard let since = downSince(driver) else { return nil }
        return StorageError(
            .unavailable, .transient(after: DriverBreaker.longestWait), "the driver is down and was not asked",
            context: ["since": since.text])
    }

    package func admit(_ call: StorageCall) throws(StorageError) {
        if call.kind != .probe { try admitOpening(of: call.driver) }
    }

    package func admitOpening(of driver: DriverName) throws(StorageError) {
        if let refusal = refusal(of: driver) { throw refusal }
    }

    /// What a probe says is for who made it to tell (`probed`): it may have been tried again.
    package func record(_ call: StorageCall, _ error: StorageError?) {
        if call.kind != .probe { record(call.driver, error, opening: false) }
    }

    package func recordOpening(of driver: DriverName, _ error: StorageError?) {
        record(driver, error, opening: true)
    }

    private func record(_ driver: DriverName, _ error: StorageError?, opening: Bool) {
        guard mailboxes[driver] != nil else { return }
        breakers.withLock { breakers in
            if error == nil, breakers[driver]?.isPristine ?? true { return }
            let change = breakers[driver, default: DriverBreaker()].record(error, opening: opening, at: now)
            if change == .opened, let error { announce(driver, error) }
        }
    }

    /// What a probe found, `opening`: already when the driver was to be opened; returns whether the driver is up.
    package func probed(_ driver: DriverName, _ error: StorageError?, opening: Bool = false) -> Bool {
        guard mailboxes[driver] != nil else { return error == nil }
        return breakers.withLock { breakers in
            let change = breakers[driver, default: DriverBreaker()].probed(error, opening: opening, at: now)
            if change == .opened, let error { announce(driver, error) }
            return breakers[driver]?.downSince == nil
        }
    }

    /// With the lock held: outages come in the order in which they began.
    private func announce(_ driver: DriverName, _ error: StorageError) {
        mailboxes[driver]?.slot.put(Outage(since: now, error: error))
    }

    private var now: Timestamp { Timestamp(millisecondsSinceEpoch: time.millisecondsSinceEpoch) }
}
