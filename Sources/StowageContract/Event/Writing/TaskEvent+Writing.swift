public import StrictCoding

extension TaskEvent {
    /// The event as a tree.
    public var json: JSONValue {
        var data: [JSONObject.Member] = [
            .init(
                "task",
                JSONValue(members: [
                    "id": .string(task), "operation": JSONValue(operation?.rawValue), "driver": JSONValue(driver?.text),
                    "attempt": JSONValue(attempt),
                ])),
            .init("labels", JSONValue(labels)),
            .init(
                "requestedBy",
                JSONValue(members: ["user": JSONValue(requestedByUser), "app": JSONValue(requestedByApp)])),
            .init("worker", .string(worker)), .init("sequence", JSONValue(sequence)),
        ]
        data += particulars
        return CloudEvent.json(
            id: id, source: source, type: type, subject: task, time: time, traceparent: traceparent,
            tracestate: tracestate, data: .object(JSONObject(unique: data)))
    }

    /// What belongs to this kind of event.
    private var particulars: [JSONObject.Member] {
        switch happening {
        case .succeeded(let result, let duration, let attempts):
            [
                .init("result", result.json), .init("durationMilliseconds", .integer(duration)),
                .init("attempts", .array(attempts.map(\.json))), .init("supersedes", JSONValue(supersedes)),
            ]
        case .failed(let error, let attempts, let possibleCopies):
            [
                .init("error", error.json), .init("attempts", .array(attempts.map(\.json))),
                .init("possibleCopies", JSONValue(possibleCopies)),
            ]
        case .cancelled(let by): [.init("by", JSONValue(by))]
        case .retrying(let error, let retryAt): [.init("error", error.json), .init("retryAt", JSONValue(retryAt))]
        case .failedOver(let error, let from, let to):
            [.init("error", error.json), .init("from", .string(from.text)), .init("to", .string(to.text))]
        case .progress(let done, let total):
            [.init("bytesDone", .integer(done)), .init("bytesTotal", JSONValue(total))]
        case .sourceKept(let reason): [.init("reason", .string(reason))]
        }
    }
}

extension DriverEvent {
    /// The event as a message body: a CloudEvent in JSON, every member present.
    public func encoded() -> [UInt8] { JSONWriter.bytes(of: json) }

    /// The event as a tree.
    public var json: JSONValue {
        let data: JSONValue
        switch happening {
        case .down(let since, let probe), .up(let since, let probe):
            data = JSONValue(members: [
                "driver": .string(driver.text), "since": JSONValue(since),
                "probe": JSONValue(members: [
                    "milliseconds": .integer(probe.milliseconds), "error": probe.error?.json ?? .null,
                ]), "worker": .string(worker),
            ])
        case .spaceLow(let capacity, let minimum):
            data = JSONValue(members: [
                "driver": .string(driver.text), "capacity": capacity.json, "minimumFreeBytes": .integer(minimum),
                "worker": .string(worker),
            ])
        }
        return CloudEvent.json(id: id, source: source, type: type, subject: driver.text, time: time, data: data)
    }
}
