package import Messaging
import Sharing
package import StowageContract

/// The one owner of how many channels the consumers of a driver may have.
///
/// Limits outlive the consumers: one that is taken up again begins with them.
package final class ConsumerThrottle: Sendable {
    private struct Entry {
        let consumer: any MessageConsumer
        let driver: DriverName
        let channels: Int
        /// What the consumer was told last; at first it has all its channels.
        var told: Int
        /// Somebody tells it; whoever else changes a limit meanwhile leaves that to him.
        var isBusy = false
    }

    private struct State {
        var lastTicket = 0
        var limits: [DriverName: Int] = [:]
        var entries: [Int: Entry] = [:]

        func wanted(_ entry: Entry) -> Int {
            min(entry.channels, limits[entry.driver] ?? entry.channels)
        }
    }

    private let state = Guarded(State())

    package init() {}

    /// Looks after a consumer of `driver` that was started with `channels`; returns what `detach` wants.
    package func attach(_ consumer: any MessageConsumer, of driver: DriverName, channels: Int) async -> Int {
        let ticket = state.withLock { state in
            state.lastTicket += 1
            state.entries[state.lastTicket] = Entry(
                consumer: consumer, driver: driver, channels: channels, told: channels)
            return state.lastTicket
        }
        await tell(ticket)
        return ticket
    }

    /// Forgets a consumer that has ended.
    package func detach(_ ticket: Int) {
        state.withLock { _ = $0.entries.removeValue(forKey: ticket) }
    }

    /// Allows each consumer of `driver` at most `channels`, 0: none; `nil` lifts the limit.
    package func limit(_ driver: DriverName, to channels: Int?) async {
        let tickets = state.withLock { state in
            state.limits[driver] = channels
            return state.entries.filter { $0.value.driver == driver }.map(\.key)
        }
        for ticket in tickets { await tell(ticket) }
    }

    /// The limit in force; `nil`: there is none.
    package func limit(of driver: DriverName) -> Int? {
        state.withLock { $0.limits[driver] }
    }

    /// Tells a consumer what it may have until that is what it was told last.
    private func tell(_ ticket: Int) async {
        while true {
            let next = state.withLock { state -> (consumer: any MessageConsumer, channels: Int)? in
                guard let entry = state.entries[ticket], !entry.isBusy else { return nil }
                let wanted = state.wanted(entry)
                guard wanted != entry.told else { return nil }
                state.entries[ticket]?.isBusy = true
                state.entries[ticket]?.told = wanted
                return (entry.consumer, wanted)
            }
            guard let next else { return }
            await next.consumer.setChannels(next.channels)
            state.withLock { $0.entries[ticket]?.isBusy = false }
        }
    }
}
