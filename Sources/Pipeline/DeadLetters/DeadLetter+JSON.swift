package import StrictCoding
import Cryptography
import Messaging
import StowageContract

extension DeadLetter {
    /// The letter in short: `id`, `driver`, `operation`, `error` with its `code`, `parkedAt` and counts.
    package var summary: JSONValue { .object(JSONObject(unique: summaryMembers)) }

    /// The letter in full: the summary, its properties and headers, its attempts, and the body.
    ///
    /// A body that is JSON stands as `body`, with discretion; of any other only its digest, `bodySHA256`, is told: nobody
    /// knows what stands in it.
    package var account: JSONValue {
        var members = summaryMembers
        let properties = delivery.properties
        members.append(.init("messageId", .text(properties.messageID)))
        members.append(.init("correlationId", .text(properties.correlationID)))
        members.append(.init("contentType", .text(properties.contentType)))
        members.append(.init("app", .text(properties.appID)))
        members.append(.init("user", .text(envelope.user)))
        members.append(.init("firstAt", .moment(envelope.firstAt)))
        members.append(.init("editedAt", .moment(editedAt)))
        members.append(.init("editedBy", .text(editedBy)))
        members.append(.init("attempts", .array(envelope.history.map(\.json))))
        members.append(.init("headers", properties.headers.shown))
        if let body, let document = try? JSONParser.parse(body) {
            members.append(.init("body", document.discreet))
        } else {
            members.append(.init("body", .null))
        }
        members.append(.init("bodySHA256", .text(body.map { SHA256Hasher.digest(of: $0).hexadecimal })))
        return .object(JSONObject(unique: members))
    }

    private var summaryMembers: [JSONObject.Member] {
        [
            .init("id", .string(id)), .init("driver", .text(driver?.text)),
            .init("operation", .text(operation?.rawValue)), .init("routingKey", .string(delivery.routingKey)),
            .init("error", ["code": .text(errorCode), "message": .text(errorMessage)]),
            .init("reason", .text(reason)), .init("parkedAt", .moment(parkedAt)),
            .init("replayed", .integer(Int64(envelope.replayed))),
            .init("edited", .integer(Int64(envelope.edited))), .init("bytes", .integer(bodyBytes)),
        ]
    }

    /// The length of the body.
    package var bodyBytes: Int64 {
        switch delivery.body {
        case .complete(let bytes): Int64(bytes.count)
        case .tooLarge(let bytes): Int64(clamping: bytes)
        }
    }
}

extension JSONValue {
    fileprivate static func text(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
    fileprivate static func moment(_ moment: Timestamp?) -> JSONValue { text(moment?.text) }
}

extension FieldTable {
    /// As JSON, for people; what may carry credentials of the producer is named and not shown.
    fileprivate var shown: JSONValue {
        .object(
            JSONObject(
                fields.map { field in
                    let isKnown =
                        field.name.hasPrefix(WorkerHeader.namespace) || field.name.hasPrefix("x-death")
                        || field.name.hasPrefix("trace")
                    return .init(field.name, isKnown ? field.value.shown : "‹secret›")
                }))
    }
}

extension FieldValue {
    fileprivate var shown: JSONValue {
        switch self {
        case .null: .null
        case .bool(let flag): .bool(flag)
        case .integer(let number): .integer(number)
        case .double(let number): .number(number)
        case .string(let text): .string(text)
        case .bytes(let bytes): .string("\(bytes.count) bytes")
        case .timestamp(let seconds): .integer(seconds)
        case .array(let values): .array(values.map(\.shown))
        case .table(let table):
            .object(JSONObject(table.fields.map { .init($0.name, $0.value.shown) }))
        }
    }
}
