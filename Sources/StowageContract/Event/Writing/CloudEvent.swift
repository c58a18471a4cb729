import StrictCoding

/// The members around an event's `data` (CloudEvents 1.0, structured JSON).
enum CloudEvent {
    static func json(
        id: String, source: String, type: EventType, subject: String, time: Timestamp, traceparent: String? = nil,
        tracestate: String? = nil, data: JSONValue
    ) -> JSONValue {
        JSONValue(members: [
            "specversion": "1.0", "id": .string(id), "source": .string(source), "type": .string(type.rawValue),
            "subject": .string(subject), "time": JSONValue(time), "datacontenttype": "application/json",
            "dataschema": .string(StowageEvent.dataSchema), "traceparent": JSONValue(traceparent),
            "tracestate": JSONValue(tracestate), "data": data,
        ])
    }
}
