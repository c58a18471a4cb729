extension VirtualHost {
    /// A queue cannot be reached, as while its node is down; its messages stay.
    mutating func withdraw(_ queue: String) {
        withdrawn.insert(queue)
        resumeConsumers(of: queue)
    }

    /// The queue is back, and its consumers go on.
    mutating func restore(_ queue: String) {
        withdrawn.remove(queue)
        resumeConsumers(of: queue)
    }

    func requireServed(_ queue: String) throws(BrokerError) {
        if withdrawn.contains(queue) { throw BrokerError(.unavailable, "queue '\(queue)' is down or inaccessible") }
    }
}
