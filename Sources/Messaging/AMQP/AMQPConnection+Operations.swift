import Sharing
import CRabbitMQ
import ServiceRuntime

extension AMQPConnection {
    /// Asks on a channel of its own kind, one question at a time; a refusal costs only that channel.
    func begin(_ operation: AMQPOperation) throws(BrokerError) {
        guard handle != nil else { return operation.fail(.notConnected) }
        guard let channel = operationChannel(operation) else {
            return operation.fail(BrokerError(.unexpected, "the broker allows no further channel"))
        }
        channel.operations.append(operation)
        if channel.phase == .closed { try open(channel) } else { try operate(channel) }
    }

    private func operationChannel(_ operation: AMQPOperation) -> AMQPChannel? {
        let found = channels.first { channel in
            switch (channel?.use, operation) {
            case (.getting(let queue)?, .get(let wanted, _)): queue.utf8.elementsEqual(wanted.utf8)
            case (.operations?, .declare), (.operations?, .temporaryQueue), (.operations?, .messageCount): true
            default: false
            }
        }
        if case .some(let channel?) = found { return channel }
        if case .get(let queue, _) = operation { return newChannel(.getting(queue: queue)) }
        return newChannel(.operations)
    }

    func operate(_ channel: AMQPChannel) throws(BrokerError) {
        guard let handle, channel.phase == .open, !channel.isOperating, let operation = channel.operations.first
        else { return }
        channel.isOperating = true
        channel.waitingSince = EventLoopThread.now
        switch operation {
        case .get(let queue, _):
            try handle.send(amqp_method_number_t(AMQP_BASIC_GET_METHOD), on: channel.number) { arena in
                var get = amqp_basic_get_t()
                get.queue = arena.bytes(queue)
                return get
            }
        case .temporaryQueue:
            // Exclusive: RabbitMQ 4.3 refuses queues that are neither durable nor exclusive.
            try handle.send(amqp_method_number_t(AMQP_QUEUE_DECLARE_METHOD), on: channel.number) { _ in
                var declare = amqp_queue_declare_t()
                declare.exclusive = 1
                return declare
            }
        case .messageCount(let queue, _):
            try declare(.queue(name: queue, arguments: FieldTable()), passive: 1, channel, handle)
        case .declare(let item, let passive, _):
            try declare(item, passive: passive ? 1 : 0, channel, handle)
        }
    }

    private func declare(
        _ item: TopologyItem, passive: amqp_boolean_t, _ channel: AMQPChannel, _ handle: AMQPHandle
    ) throws(BrokerError) {
        switch item {
        case .exchange(let name, let kind, let arguments):
            try handle.send(amqp_method_number_t(AMQP_EXCHANGE_DECLARE_METHOD), on: channel.number) { arena in
                var declare = amqp_exchange_declare_t()
                declare.exchange = arena.bytes(name)
                declare.type = arena.bytes(kind.rawValue)
                declare.passive = passive
                declare.durable = 1
                declare.arguments = arena.table(arguments)
                return declare
            }
        case .queue(let name, let arguments):
            try handle.send(amqp_method_number_t(AMQP_QUEUE_DECLARE_METHOD), on: channel.number) { arena in
                var declare = amqp_queue_declare_t()
                declare.queue = arena.bytes(name)
                declare.passive = passive
                declare.durable = 1
                declare.arguments = arena.table(arguments)
                return declare
            }
        case .binding(let binding):
            try handle.send(amqp_method_number_t(AMQP_QUEUE_BIND_METHOD), on: channel.number) { arena in
                var bind = amqp_queue_bind_t()
                bind.queue = arena.bytes(binding.queue)
                bind.exchange = arena.bytes(binding.exchange)
                bind.routing_key = arena.bytes(binding.routingKey)
                return bind
            }
        }
    }

    func answered(_ method: amqp_method_t, _ channel: AMQPChannel) throws(BrokerError) {
        guard let operation = finishOperation(channel) else {
            throw BrokerError(.disconnected, "an answer on channel \(channel.number) was not expected")
        }
        switch operation {
        case .get(_, let answer):
            channel.backlog.clear()
            answer.resume(returning: .success(nil))
        case .declare(_, _, let answer): answer.resume(returning: .success(()))
        case .messageCount(_, let answer):
            let count = method.arguments(amqp_queue_declare_ok_t.self)?.message_count ?? 0
            answer.resume(returning: .success(Int(count)))
        case .temporaryQueue(let answer):
            let declared = method.arguments(amqp_queue_declare_ok_t.self)
            let name = declared.map { String(repairing: $0.queue) } ?? ""
            temporaryQueues.insert(name)
            answer.resume(returning: .success(name))
        }
        try operate(channel)
    }

    func got(_ delivery: (_ queue: String) -> Delivery, _ channel: AMQPChannel) throws(BrokerError) {
        guard case .get(let queue, let answer)? = finishOperation(channel) else {
            throw BrokerError(.disconnected, "a message on channel \(channel.number) was not expected")
        }
        channel.backlog.clear()
        answer.resume(returning: .success(delivery(queue)))
        try operate(channel)
    }

    func operationFailed(_ channel: AMQPChannel, _ error: BrokerError) {
        finishOperation(channel)?.fail(error)
    }

    private func finishOperation(_ channel: AMQPChannel) -> AMQPOperation? {
        guard channel.isOperating, !channel.operations.isEmpty else { return nil }
        channel.isOperating = false
        channel.waitingSince = nil
        return channel.operations.removeFirst()
    }
}
