/// The AMQP properties of a message; `nil` is absent.
package struct MessageProperties: Sendable, Equatable {
    package var contentType: String?
    package var contentEncoding: String?
    package var headers = FieldTable()
    /// Delivery mode 2: survives a restart of the broker.
    package var isPersistent = true
    package var priority: UInt8?
    package var correlationID: String?
    package var replyTo: String?
    /// Milliseconds, as text.
    package var expiration: String?
    package var messageID: String?
    /// Seconds since 1970.
    package var timestamp: Int64?
    package var type: String?
    /// Checked by the broker: the user of the connection that published it.
    package var userID: String?
    package var appID: String?

    package init() {}
}
