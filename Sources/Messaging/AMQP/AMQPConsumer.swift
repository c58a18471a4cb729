import Sharing

/// A consumption of a queue over AMQP.
struct AMQPConsumer: MessageConsumer {
    let id: AMQPSubscription.ID
    let inbox: AMQPInbox
    let deliveries: Mailbox<Delivery>
    let executor: (any TaskExecutor)?

    func setChannels(_ count: Int) async {
        inbox.request(.setChannels(id, count))
    }

    func cancel() async {
        await handedOver { inbox.request(.cancel(id, $0)) }
    }
}
