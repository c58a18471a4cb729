extension BrokerError {
    /// From the code and text with which the broker closed a channel or connection.
    init(code: UInt16, text: String) {
        let kind: Kind
        switch code {
        case 403, 405, 530: kind = .accessRefused
        case 404: kind = Self.existsWithoutService(text) ? .unavailable : .notFound
        case 406: kind = .preconditionFailed
        case 320, 541: kind = .disconnected
        default: kind = .unexpected
        }
        self.init(kind, text)
    }

    /// Whether a 404 is about a queue that the broker knows and cannot reach: its node or process is down or starting.
    ///
    /// Only the words tell (`rabbit_amqqueue:absent/2` of RabbitMQ, the same from 3.6 on).
    private static func existsWithoutService(_ text: String) -> Bool {
        // What is really missing carries a name that anybody may have chosen.
        if text.hasPrefix("NOT_FOUND - no ") { return false }
        return [
            "is down or inaccessible", "is stopped by supervisor", "has crashed and failed to restart",
            "failed to perform operation on",
        ].contains { text.contains($0) }
    }
}
