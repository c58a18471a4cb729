import Messaging

/// What one walk through the dead letters has in its hands.
struct DeadLetterWalk {
    let filter: DeadLetterFilter
    let limit: Int
    let judge: DeadLetterDesk.Judge
    let told: DeadLetterDesk.Listener
    /// Goes back at the end, in the order in which it came.
    private(set) var held: [Delivery] = []
    /// Tasks that were replayed or changed.
    var sentIDs: Set<String> = []
    /// Messages that wait for their confirm.
    var underway = 0
    /// Acknowledged, and nobody knows yet whether the broker has heard of it.
    var dropped: [DeadLetter] = []
    /// Came as an answer, and is looked at in the next window.
    var carried: Delivery?
    var tally = DeadLetterTally()

    init(
        filter: DeadLetterFilter, limit: Int, judge: @escaping DeadLetterDesk.Judge,
        told: @escaping DeadLetterDesk.Listener
    ) {
        self.filter = filter
        self.limit = limit
        self.judge = judge
        self.told = told
    }

    /// Letters that may match still.
    var left: Int { limit - tally.matched }
    var isOver: Bool { left <= 0 }

    /// Keeps what is needed to return it; bodies would fill the memory.
    mutating func hold(_ delivery: Delivery) {
        held.append(
            Delivery(
                queue: delivery.queue, exchange: delivery.exchange, routingKey: delivery.routingKey,
                isRedelivered: delivery.isRedelivered, properties: MessageProperties(), body: .complete([]),
                hasOversizedHeaders: delivery.hasOversizedHeaders, tag: delivery.tag))
    }

    mutating func tell(_ letter: DeadLetter, _ fate: DeadLetterFate) async {
        tally.count(fate)
        await told(letter, fate)
    }

    /// The walk ended before the broker was heard of again.
    mutating func losesDropped() async {
        let letters = dropped
        dropped = []
        for letter in letters { await tell(letter, .failed(DeadLetterDesk.lost)) }
    }
}

/// A letter whose message is on its way to the broker.
struct DeadLetterSending: Sendable {
    var letter: DeadLetter
    /// What it meets if all goes well.
    var fate: DeadLetterFate
    /// `nil`: the broker has confirmed it.
    var problem: String?
}
