import Messaging
import Pipeline
import Sharing
import StowageContract
import TestSupport
import Testing

@Suite("How many channels a driver's consumers may have", .timeLimit(.minutes(1)))
struct ConsumerThrottleTests {
    /// Writes down what it is told; waits with it where a test says so.
    private final class Consumer: MessageConsumer {
        let told = Watched<[Int]>([])
        let gate: Watched<Bool>
        let deliveries = Mailbox<Delivery>.make().mailbox
        var executor: (any TaskExecutor)? { nil }

        init(gate: Watched<Bool> = Watched(true)) {
            self.gate = gate
        }

        func setChannels(_ count: Int) async {
            told.change { $0.append(count) }
            await gate.first { $0 }
        }

        func cancel() async {}
    }

    private let a: DriverName
    private let b: DriverName

    init() throws {
        a = try #require(DriverName("a"))
        b = try #require(DriverName("b"))
    }

    @Test("every consumer of a driver has at most what the limit allows, and all again without one")
    func limit() async {
        let throttle = ConsumerThrottle()
        let (slow, quick, other) = (Consumer(), Consumer(), Consumer())
        _ = await throttle.attach(slow, of: a, channels: 8)
        _ = await throttle.attach(quick, of: a, channels: 1)
        _ = await throttle.attach(other, of: b, channels: 8)
        await throttle.limit(a, to: 1)
        await throttle.limit(a, to: 0)
        #expect(throttle.limit(of: a) == 0)
        await throttle.limit(a, to: nil)
        #expect(throttle.limit(of: a) == nil)
        #expect(slow.told.value == [1, 0, 8])
        #expect(quick.told.value == [0, 1])
        #expect(other.told.value == [])
    }

    @Test("a consumer that comes later begins with what holds, and one that is gone is told nothing")
    func laterAndGone() async {
        let throttle = ConsumerThrottle()
        await throttle.limit(a, to: 0)
        let consumer = Consumer()
        let ticket = await throttle.attach(consumer, of: a, channels: 4)
        #expect(consumer.told.value == [0])
        throttle.detach(ticket)
        await throttle.limit(a, to: nil)
        #expect(consumer.told.value == [0])
    }

    @Test("changes that come while a consumer is being told are told in their order")
    func order() async {
        let throttle = ConsumerThrottle()
        let gate = Watched(false)
        let consumer = Consumer(gate: gate)
        _ = await throttle.attach(consumer, of: a, channels: 4)
        async let first: Void = throttle.limit(a, to: 0)
        await consumer.told.first { $0 == [0] }
        await throttle.limit(a, to: 2)
        await throttle.limit(a, to: nil)
        gate.change { $0 = true }
        await first
        #expect(consumer.told.value == [0, 4])
    }
}
