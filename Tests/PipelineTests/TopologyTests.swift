import Messaging
import Pipeline
import StowageContract
import StrictCoding
import Testing

@Suite("Topology")
struct TopologyTests {
    let topology = Topology(
        prefix: "p", drivers: [DriverName("archive")!], levels: [RetryLevel(name: "5s", milliseconds: 5000)])

    @Test("every dead-letter exchange stands before the queues that use it")
    func order() {
        var exchanges: Set<String> = []
        for item in topology.items {
            switch item {
            case .exchange(let name, _, _): exchanges.insert(name)
            case .queue(_, let arguments):
                if case .string(let target)? = arguments["x-dead-letter-exchange"] {
                    #expect(exchanges.contains(target))
                }
            case .binding(let binding): #expect(exchanges.contains(binding.exchange))
            }
        }
    }

    @Test("queues that dead-letter do it at least once, and refuse instead of dropping")
    func safety() {
        for case .queue(let name, let arguments) in topology.items where arguments["x-dead-letter-exchange"] != nil {
            #expect(arguments["x-dead-letter-strategy"] == .string("at-least-once"), "\(name)")
            #expect(arguments["x-overflow"] == .string("reject-publish"), "\(name)")
            #expect(arguments["x-queue-type"] == .string("quorum"), "\(name)")
            #expect(arguments["x-dead-letter-routing-key"] == nil, "\(name): the task's key must survive")
        }
    }

    @Test("each operation reaches exactly one of the driver's queues", arguments: Operation.allCases)
    func bindings(_ operation: Operation) {
        let queues = topology.bindings.filter { $0.routingKey == "archive.\(operation.rawValue)" }.map(\.queue)
        #expect(queues == [operation.isQuick ? "p.tasks.archive-quick" : "p.tasks.archive"])
    }

    @Test("the dead queue never eats its letters")
    func deadQueue() {
        let dead = topology.queues.first { item in
            if case .queue("p.dead", _) = item { true } else { false }
        }
        guard case .queue(_, let arguments)? = dead else {
            Issue.record("no dead queue")
            return
        }
        #expect(arguments["x-delivery-limit"] == .integer(1_000_000))
        #expect(arguments["x-dead-letter-exchange"] == nil)
    }
}
