import CRabbitMQ

extension MessageProperties {
    /// Received properties, and whether the headers were too large or too deep to be passed on (they are empty then).
    ///
    /// A text that is no UTF-8 counts as absent.
    static func decode(_ properties: amqp_basic_properties_t, encodedBytes: Int) -> (MessageProperties, Bool) {
        let flags = Int32(bitPattern: properties._flags)
        var result = MessageProperties()
        func text(_ flag: Int32, _ bytes: amqp_bytes_t) -> String? {
            flags & flag == 0 ? nil : String(validating: bytes)
        }
        result.contentType = text(AMQP_BASIC_CONTENT_TYPE_FLAG, properties.content_type)
        result.contentEncoding = text(AMQP_BASIC_CONTENT_ENCODING_FLAG, properties.content_encoding)
        result.isPersistent = flags & AMQP_BASIC_DELIVERY_MODE_FLAG != 0 && properties.delivery_mode == 2
        result.priority = flags & AMQP_BASIC_PRIORITY_FLAG == 0 ? nil : properties.priority
        result.correlationID = text(AMQP_BASIC_CORRELATION_ID_FLAG, properties.correlation_id)
        result.replyTo = text(AMQP_BASIC_REPLY_TO_FLAG, properties.reply_to)
        result.expiration = text(AMQP_BASIC_EXPIRATION_FLAG, properties.expiration)
        result.messageID = text(AMQP_BASIC_MESSAGE_ID_FLAG, properties.message_id)
        result.timestamp =
            flags & AMQP_BASIC_TIMESTAMP_FLAG == 0 ? nil : Int64(clamping: properties.timestamp)
        result.type = text(AMQP_BASIC_TYPE_FLAG, properties.type)
        result.userID = text(AMQP_BASIC_USER_ID_FLAG, properties.user_id)
        result.appID = text(AMQP_BASIC_APP_ID_FLAG, properties.app_id)
        guard flags & AMQP_BASIC_HEADERS_FLAG != 0 else { return (result, false) }
        guard let headers = FieldTable(properties.headers) else { return (result, true) }
        // Small kinds grow when written again (at most from 2 bytes to 9), so only larger tables need to be measured.
        if encodedBytes > OutgoingMessage.maximumHeaderBytes / 5 {
            let size = (try? headers.encodedSize(depth: 0)) ?? .max
            if size > OutgoingMessage.maximumHeaderBytes { return (result, true) }
        }
        result.headers = headers
        return (result, false)
    }

    /// For one call; the texts lie in `arena`.
    func encode(_ arena: inout ArgumentArena) -> amqp_basic_properties_t {
        var result = amqp_basic_properties_t()
        var flags = AMQP_BASIC_DELIVERY_MODE_FLAG
        result.delivery_mode = isPersistent ? 2 : 1
        func set(_ text: String?, _ flag: Int32, _ field: inout amqp_bytes_t, _ arena: inout ArgumentArena) {
            guard let text else { return }
            flags |= flag
            field = arena.bytes(text)
        }
        set(contentType, AMQP_BASIC_CONTENT_TYPE_FLAG, &result.content_type, &arena)
        set(contentEncoding, AMQP_BASIC_CONTENT_ENCODING_FLAG, &result.content_encoding, &arena)
        set(correlationID, AMQP_BASIC_CORRELATION_ID_FLAG, &result.correlation_id, &arena)
        set(replyTo, AMQP_BASIC_REPLY_TO_FLAG, &result.reply_to, &arena)
        set(expiration, AMQP_BASIC_EXPIRATION_FLAG, &result.expiration, &arena)
        set(messageID, AMQP_BASIC_MESSAGE_ID_FLAG, &result.message_id, &arena)
        set(type, AMQP_BASIC_TYPE_FLAG, &result.type, &arena)
        set(userID, AMQP_BASIC_USER_ID_FLAG, &result.user_id, &arena)
        set(appID, AMQP_BASIC_APP_ID_FLAG, &result.app_id, &arena)
        if let priority {
            flags |= AMQP_BASIC_PRIORITY_FLAG
            result.priority = priority
        }
        if let timestamp {
            flags |= AMQP_BASIC_TIMESTAMP_FLAG
            result.timestamp = UInt64(max(0, timestamp))
        }
        if !headers.isEmpty {
            flags |= AMQP_BASIC_HEADERS_FLAG
            result.headers = arena.table(headers)
        }
        result._flags = amqp_flags_t(bitPattern: flags)
        return result
    }
}
