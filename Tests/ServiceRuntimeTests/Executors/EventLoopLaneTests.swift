import ServiceRuntime
import Sharing
import Testing
import TestSupport

@Suite("Event-loop lane", .timeLimit(.minutes(1)))
struct EventLoopLaneTests {
    /// A loop with its lane, ended with the test.
    private final class Lane: Sendable {
        let loop = EventLoopThread()
        let lane: EventLoopLane

        init() {
            lane = EventLoopLane(beside: loop)
            loop.start([lane])
        }

        deinit {
            loop.stop()
            lane.stop()
        }
    }

    /// Which jobs began, and how many ran at once.
    private final class Tally: Sendable {
        private let state = Guarded((began: [Int](), running: 0, most: 0))

        var began: [Int] { state.withLock { $0.began } }
        var mostAtOnce: Int { state.withLock { $0.most } }

        func begin(_ number: Int) {
            state.withLock { state in
                state.began.append(number)
                state.running += 1
                state.most = max(state.most, state.running)
            }
        }

        func end() { state.withLock { $0.running -= 1 } }
    }

    /// Holds a thread until it is opened.
    private final class Gate: Sendable {
        private let isOpen = Monitor(false)

        func pass() { isOpen.wait { isOpen in isOpen ? true : nil } }

        func open() {
            isOpen.withLock { $0 = true }
            isOpen.signal()
        }
    }

    /// Runs on the loop; what it does there begins as a job of the loop.
    private actor OnLoop {
        let loop: EventLoopThread

        init(_ loop: EventLoopThread) { self.loop = loop }

        nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

        func resume(_ handovers: [Handover<Int>]) {
            for (index, handover) in handovers.enumerated() { handover.resume(returning: index) }
        }
    }

    @Test("tasks begin in the order in which they came, one at a time, with their children")
    func order() async {
        let fixture = Lane()
        let tally = Tally()
        await withDiscardingTaskGroup { group in
            group.addTask(executorPreference: fixture.lane) {
                await withDiscardingTaskGroup { group in
                    for number in 0..<1000 {
                        group.addTask {
                            tally.begin(number)
                            tally.end()
                        }
                    }
                }
            }
        }
        #expect(tally.began == Array(0..<1000))
        #expect(tally.mostAtOnce == 1)
    }

    @Test("what the loop resumes within a job goes on on the lane")
    func resumedByTheLoop() async {
        let fixture = Lane()
        let onLoop = OnLoop(fixture.loop)
        let sum = await withTaskGroup(of: Int.self) { group in
            let slots = Mailbox<Handover<Int>>.make()
            for _ in 0..<100 {
                group.addTask(executorPreference: fixture.lane) {
                    let value = await handedOver { slots.slot.put($0) }
                    return fixture.loop.isCurrent ? -1000 : value
                }
            }
            group.addTask {
                var handovers: [Handover<Int>] = []
                for await handover in slots.mailbox {
                    handovers.append(handover)
                    if handovers.count == 100 { break }
                }
                await onLoop.resume(handovers)
                return 0
            }
            return await group.reduce(0, +)
        }
        #expect(sum == 4950)
    }

    @Test("a job that blocks keeps the others waiting only until the lane is relieved")
    func relieved() async {
        let fixture = Lane()
        let gate = Gate()
        let isBlocked = Watched(false)
        await withDiscardingTaskGroup { group in
            group.addTask(executorPreference: fixture.lane) {
                isBlocked.change { $0 = true }
                gate.pass()
            }
            await isBlocked.first { $0 }
            let other = Watched(false)
            group.addTask(executorPreference: fixture.lane) { other.change { $0 = true } }
            // The first look notes how far it is, the second finds it no further.
            fixture.lane.relieve()
            #expect(!other.value)
            fixture.lane.relieve()
            await other.first { $0 }
            gate.open()
        }
    }

    @Test("jobs that come after the end are run as well")
    func afterStop() async {
        let fixture = Lane()
        fixture.loop.stop()
        fixture.lane.stop()
        for number in 0..<20 {
            let result = await Task(executorPreference: fixture.lane) { number }.value
            #expect(result == number)
        }
    }
}
