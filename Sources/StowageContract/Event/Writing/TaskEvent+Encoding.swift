import StrictCoding

extension TaskEvent {
    /// The event as a message body: a CloudEvent in JSON, every member present.
    ///
    /// The text of `json`, written without making that tree first: there is one for every task.
    public func encoded() -> [UInt8] {
        var writer = JSONObjectWriter(expectedBytes: 1536)
        writer.member("specversion", "1.0")
        writer.member("id", id)
        writer.member("source", source)
        writer.member("type", type.rawValue)
        writer.member("subject", task)
        writer.member("time", time.text)
        writer.member("datacontenttype", "application/json")
        writer.member("dataschema", StowageEvent.dataSchema)
        writer.member("traceparent", traceparent)
        writer.member("tracestate", tracestate)
        writer.object("data") { data in
            data.object("task") { member in
                member.member("id", task)
                member.member("operation", operation?.rawValue)
                member.member("driver", driver?.text)
                member.member("attempt", Int64(attempt))
            }
            data.array("labels") { array in for label in labels { array.element(label) } }
            data.object("requestedBy") { member in
                member.member("user", requestedByUser)
                member.member("app", requestedByApp)
            }
            data.member("worker", worker)
            data.member("sequence", Int64(sequence))
            write(happening, to: &data)
        }
        return writer.finished()
    }

    private func write(_ happening: Happening, to data: inout JSONObjectWriter) {
        switch happening {
        case .succeeded(let result, let duration, let attempts):
            result.write(to: &data)
            data.member("durationMilliseconds", duration)
            write(attempts, to: &data)
            data.member("supersedes", supersedes)
        case .failed(let error, let attempts, let possibleCopies):
            data.member("error", error.json)
            write(attempts, to: &data)
            data.array("possibleCopies") { array in for driver in possibleCopies { array.element(driver.text) } }
        case .cancelled(let by): data.member("by", by)
        case .retrying(let error, let retryAt):
            data.member("error", error.json)
            data.member("retryAt", retryAt.text)
        case .failedOver(let error, let from, let to):
            data.member("error", error.json)
            data.member("from", from.text)
            data.member("to", to.text)
        case .progress(let done, let total):
            data.member("bytesDone", done)
            data.member("bytesTotal", total)
        case .sourceKept(let reason): data.member("reason", reason)
        }
    }

    private func write(_ attempts: [AttemptRecord], to data: inout JSONObjectWriter) {
        data.array("attempts") { array in
            for attempt in attempts { array.element { attempt.write(to: &$0) } }
        }
    }
}

extension AttemptRecord {
    fileprivate func write(to object: inout JSONObjectWriter) {
        object.member("n", Int64(number))
        object.member("driver", driver.text)
        object.member("startedAt", startedAt?.text)
        object.member("endedAt", endedAt?.text)
        object.member("worker", worker)
        object.member("code", code?.rawValue)
        object.member("message", message)
        object.member("ambiguous", ambiguous)
    }
}

extension TaskResult {
    fileprivate func write(to data: inout JSONObjectWriter) {
        switch self {
        case .stat(let result) where result.handle == nil:
            data.object("result") { member in
                member.member("exists", result.exists)
                member.member("handle", String?.none)
            }
        case .delete(let result):
            data.object("result") { member in
                member.member("deleted", result.deleted)
                member.member("absent", result.absent)
            }
        default: data.member("result", json)
        }
    }
}
