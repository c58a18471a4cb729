extension RabbitMQServer {
    /// The node knows of the queue and does not serve it, as in the moment after its start (RabbitMQ 3: the queue stands
    /// in the table on disk and not yet in the one in memory).
    package func withdrawQueue(_ name: String, of virtualHost: String = "/") throws {
        try control("eval", "mnesia:dirty_delete(rabbit_queue, \(Self.resource(name, virtualHost))).")
    }

    /// The queue is served again.
    package func restoreQueue(_ name: String, of virtualHost: String = "/") throws {
        try control(
            "eval",
            "[Q] = mnesia:dirty_read(rabbit_durable_queue, \(Self.resource(name, virtualHost))), "
                + "mnesia:dirty_write(rabbit_queue, Q).")
    }

    private static func resource(_ queue: String, _ virtualHost: String) -> String {
        #"rabbit_misc:r(<<"\#(virtualHost)">>, queue, <<"\#(queue)">>)"#
    }
}
