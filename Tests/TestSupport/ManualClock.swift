import Sharing
package import ServiceRuntime

/// A clock that moves only when a test turns it.
///
/// Code under test gets `time`; the test awaits `waitForSleepers(_:)` and then calls `advance(by:)`.
package final class ManualClock: Sendable {
    private struct Sleeper {
        var wakesAt: Duration
        var continuation: Handover<Bool>
    }

    private struct Watcher {
        var count: Int
        var continuation: Handover<Void>
    }

    private struct State {
        var now = Duration.zero
        var lastTicket: UInt64 = 0
        var sleepers: [UInt64: Sleeper] = [:]
        var watchers: [Watcher] = []
    }

    private let start: Int64
    private let state = Guarded(State())

    /// A clock that stands at that moment (2026-11-20T00:00:00Z unless told).
    package init(millisecondsSinceEpoch start: Int64 = 1_795_132_800_000) {
        self.start = start
    }

    /// What the code under test gets.
    package var time: TimeSource {
        TimeSource(
            millisecondsSinceEpoch: { self.start + self.elapsed.milliseconds },
            monotonic: { self.elapsed },
            sleep: { try await self.sleep($0) })
    }

    /// How far the clock was turned.
    package var elapsed: Duration { state.withLock { $0.now } }

    /// How long those who sleep now still have to sleep, shortest first.
    package var remaining: [Duration] {
        state.withLock { state in state.sleepers.values.map { $0.wakesAt - state.now }.sorted() }
    }

    /// Turns the clock forward and wakes, in order, those whose time has come.
    package func advance(by duration: Duration) {
        let woken = state.withLock { state in
            state.now += duration
            let due = state.sleepers.filter { $0.value.wakesAt <= state.now }
                .sorted { ($0.value.wakesAt, $0.key) < ($1.value.wakesAt, $1.key) }
            for (ticket, _) in due { state.sleepers[ticket] = nil }
            return due.map(\.value.continuation)
        }
        for continuation in woken { continuation.resume(returning: true) }
    }

    /// Returns once at least `count` sleep at the same time.
    package func waitForSleepers(_ count: Int = 1) async {
        await handedOver { continuation in
            let isThere = state.withLock { state in
                if state.sleepers.count >= count { return true }
                state.watchers.append(Watcher(count: count, continuation: continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    private func sleep(_ duration: Duration) async throws {
        let ticket = state.withLock { state in
            state.lastTicket += 1
            return state.lastTicket
        }
        let wasWoken = await withTaskCancellationHandler {
            await handedOver { continuation in
                let watchers: [Watcher]? = state.withLock { state in
                    if Task.isCancelled { return nil }
                    state.sleepers[ticket] = Sleeper(wakesAt: state.now + duration, continuation: continuation)
                    let count = state.sleepers.count
                    defer { state.watchers.removeAll { $0.count <= count } }
                    return state.watchers.filter { $0.count <= count }
                }
                guard let watchers else { return continuation.resume(returning: false) }
                for watcher in watchers { watcher.continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.sleepers.removeValue(forKey: ticket) }?.continuation.resume(returning: false)
        }
        guard wasWoken else { throw CancellationError() }
    }
}
