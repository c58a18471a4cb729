import Observability
import Pipeline
import ServiceRuntime
import Sharing
import Storage
import StowageContract
import TestSupport
import Testing

@Suite("Watchdog", .timeLimit(.minutes(1)))
struct WatchdogTests {
    private let clock = ManualClock()
    private let logs = RecordingLogSink()
    private let metrics = MetricsRegistry()

    private func subject() throws -> WatchSubject {
        WatchSubject(task: try #require(TaskID("t-1")), driver: DriverName("a"))
    }

    /// Remembers what it was told.
    private final class RecordingBreaker: BreakerHook {
        let told = Watched<[StorageError?]>([])

        func admit(_ call: StorageCall) throws(StorageError) {}
        func record(_ call: StorageCall, _ error: StorageError?) { told.change { $0.append(error) } }
    }

    private let breaker = RecordingBreaker()

    /// Runs `body` while a watchdog looks.
    private func watching(_ body: (Watchdog) async throws -> Void) async throws {
        let watchdog = Watchdog(time: clock.time, logger: logs.logger, metrics: metrics, breaker: breaker)
        let run = Task { try await watchdog.run() }
        defer { run.cancel() }
        try await body(watchdog)
    }

    private func look(_ seconds: Int) async {
        for _ in 0..<seconds {
            await clock.waitForSleepers()
            clock.advance(by: Watchdog.interval)
        }
        await clock.waitForSleepers()
    }

    /// Set once the work has begun: looks that come before it see nothing.
    private let begun = Watched(false)

    /// Work that goes on until it is told to stop, and then does as it likes.
    private func untilStopped<Value: Sendable>(
        _ end: @escaping @Sendable () throws(StorageError) -> Value
    ) -> @Sendable (TransferMeter) async throws(StorageError) -> Value {
        { [begun] (_) async throws(StorageError) in
            begun.change { $0 = true }
            let stopped = FirstAnswer<Void>()
            await withTaskCancellationHandler {
                await stopped.value()
            } onCancel: {
                stopped.give(())
            }
            return try end()
        }
    }

    @Test("what ends by itself says what it has to say")
    func ends() async throws {
        try await watching { watchdog in
            let value = try await watchdog.watch(subject(), WatchTerms(noProgress: .seconds(5))) {
                (_) async throws(StorageError) in 7
            }
            #expect(value == 7)
        }
    }

    @Test("what ends well although it was told to stop has ended well")
    func lateSuccess() async throws {
        try await watching { watchdog in
            let (subject, body) = (try subject(), untilStopped { () throws(StorageError) in 7 })
            async let value = watchdog.watch(subject, WatchTerms(noProgress: .seconds(5)), body)
            await begun.first { $0 }
            await look(5)
            #expect(try await value == 7)
            #expect(logs.messages.contains("nothing moves: the task is stopped"))
        }
    }

    @Test("the breaker hears of a driver that stalls, not of a source", arguments: [ErrorPlace.driver, .source])
    func breakerHears(_ place: ErrorPlace) async throws {
        try await watching { watchdog in
            let subject = try subject()
            let stop = untilStopped { () throws(StorageError) -> Void in throw StorageError.cancelled }
            async let failure = Task { () async -> StorageError? in
                do throws(StorageError) {
                    try await watchdog.watch(subject, WatchTerms(noProgress: .seconds(5))) {
                        (meter) async throws(StorageError) in
                        meter.awaits(place)
                        try await stop(meter)
                    }
                    return nil
                } catch {
                    return error
                }
            }.value
            await begun.first { $0 }
            await look(5)
            let error = try #require(await failure)
            #expect(error.code == .timedOut && error.place == place)
            #expect(breaker.told.value.map { $0?.code } == (place == .driver ? [.timedOut] : []))
        }
    }

    @Test("the first reason counts")
    func firstReason() async throws {
        try await watching { watchdog in
            let deadline = Timestamp(millisecondsSinceEpoch: clock.time.millisecondsSinceEpoch + 2_000)
            let terms = WatchTerms(noProgress: .seconds(5), deadline: deadline)
            let (subject, hang) = (try subject(), FirstAnswer<Void>())
            let work = Task { () async -> StorageError? in
                do throws(StorageError) {
                    try await watchdog.watch(subject, terms) { [begun] (_) async throws(StorageError) in
                        begun.change { $0 = true }
                        await hang.value()
                        throw StorageError.cancelled
                    }
                    return nil
                } catch {
                    return error
                }
            }
            await begun.first { $0 }
            await look(20)
            work.cancel()
            hang.give(())
            #expect(await work.value?.code == .expired)
        }
    }

    @Test("a caller that is cancelled does not wait for a call that hangs")
    func cancelledCaller() async throws {
        try await watching { watchdog in
            let (subject, hang) = (try subject(), FirstAnswer<Void>())
            let work = Task { () async -> StorageError? in
                do throws(StorageError) {
                    try await watchdog.watch(subject, WatchTerms(noProgress: .seconds(300))) {
                        [begun] (_) async throws(StorageError) in
                        begun.change { $0 = true }
                        await hang.value()
                    }
                    return nil
                } catch {
                    return error
                }
            }
            await begun.first { $0 }
            work.cancel()
            await look(31)
            let error = try #require(await work.value)
            #expect(error.code == .cancelled && error.isAmbiguous)
            let driver = try #require(subject.driver)
            #expect(watchdog.left(on: driver) == 1)
            #expect(metrics.gauge("stowage_tasks_left", [("driver", "a")]).value == 1)
            hang.give(())
            #expect(await logs.line("a call that was given up has returned")["task.id"] == "t-1")
            #expect(watchdog.left(on: driver) == 0)
        }
    }

    @Test("a cancellation that comes first is not forgotten")
    func cancelledBefore() async throws {
        try await watching { watchdog in
            let (subject, body) = (
                try subject(), untilStopped { () throws(StorageError) -> Void in throw StorageError.cancelled }
            )
            let work = Task { () async -> ErrorCode? in
                await Task.yield()
                do throws(StorageError) {
                    try await watchdog.watch(subject, WatchTerms(noProgress: .seconds(300)), body)
                    return nil
                } catch {
                    return error.code
                }
            }
            work.cancel()
            #expect(await work.value == .cancelled)
        }
    }
}
