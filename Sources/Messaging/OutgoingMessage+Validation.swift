extension OutgoingMessage {
    /// Largest encoded header table that is published: AMQP wants it in one frame, with room for the other properties.
    package static let maximumHeaderBytes = 32 << 10

    /// Checks before anything is sent that the message can be written as AMQP.
    ///
    /// librabbitmq finds out only after the method frame has gone: the connection is then lost (rule R17).
    /// - Throws: `.invalidMessage`
    package func validate() throws(BrokerError) {
        try check(exchange, "exchange")
        try check(routingKey, "routing key")
        try check(properties.contentType, "content-type")
        try check(properties.contentEncoding, "content-encoding")
        try check(properties.correlationID, "correlation-id")
        try check(properties.replyTo, "reply-to")
        try check(properties.expiration, "expiration")
        try check(properties.messageID, "message-id")
        try check(properties.type, "type")
        try check(properties.userID, "user-id")
        try check(properties.appID, "app-id")
        let size = try properties.headers.encodedSize(depth: 0)
        if size > Self.maximumHeaderBytes {
            throw BrokerError(.invalidMessage, "the headers take \(size) bytes, more than \(Self.maximumHeaderBytes)")
        }
    }

    private func check(_ text: String?, _ name: StaticString) throws(BrokerError) {
        guard let text, text.utf8.count > 255 else { return }
        throw BrokerError(.invalidMessage, "\(name) has \(text.utf8.count) bytes, more than 255")
    }
}
