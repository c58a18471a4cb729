import Glibc
import TestSupport
import Testing

@Suite("A wait that its test has given up", .timeLimit(.minutes(1)))
struct AbandonedWaitTests {
    @Test("ends the run when the signal does not come")
    func abandoned() async {
        await #expect(processExitsWith: .signal(SIGABRT)) {
            let never = Watched(false)
            let task = Task { await AbandonedWait.guarded(patience: 0.05) { await never.first { $0 } } }
            task.cancel()
            _ = await task.value
        }
    }

    @Test("may still end")
    func ended() async {
        await #expect(processExitsWith: .exitCode(3)) {
            let signal = Watched(false)
            let isCancelled = Watched(false)
            let task = Task {
                await AbandonedWait.guarded(patience: 0.05) {
                    await withTaskCancellationHandler {
                        await signal.first { $0 }
                    } onCancel: {
                        isCancelled.change { $0 = true }
                    }
                }
            }
            task.cancel()
            await isCancelled.first { $0 }
            signal.change { $0 = true }
            _ = await task.value
            // Given up after the other one, with as much patience: when its time is over the other's was.
            let later = Task {
                await AbandonedWait.guarded(patience: 0.05, orElse: { exit(3) }) {
                    await Watched(false).first { $0 }
                }
            }
            later.cancel()
            _ = await later.value
        }
    }
}
