import StrictCoding

/// The AsyncAPI document: which messages pass through which exchange, as the workers see it.
enum AsyncAPISchema {
    static let document = JSONValue(members: [
        "asyncapi": "3.0.0",
        "info": JSONValue(members: [
            "title": "Stowage", "version": "1",
            "description":
                "Archive storage driven by messages: tasks come in, events go out. The prefix stowage is configurable.",
            "license": JSONValue(members: ["name": "Apache-2.0"]),
        ]), "defaultContentType": "application/json",
        "channels": JSONValue(members: ["tasks": tasks, "events": events, "replies": replies, "control": control]),
        "operations": JSONValue(members: [
            "runTask": operation("receive", "tasks", messages: ["task"], [:]),
            "announce": operation("send", "events", messages: ["taskEvent", "driverEvent"], ["mandatory": true]),
            "reply": operation("send", "replies", messages: ["taskEvent"], ["mandatory": true]),
            "obey": operation("receive", "control", messages: ["control"], ["mandatory": true]),
        ]), "components": JSONValue(members: ["messages": messages]),
    ])

    private static let tasks = channel(
        "{driver}.{operation}", exchange: "stowage.tasks", type: "topic", messages: ["task"],
        "Tasks from producers, and copies of them from workers.",
        [
            "driver": JSONValue(members: ["description": "The driver that shall run the task."]),
            "operation": JSONValue(members: ["enum": JSONValue(Operation.allCases.map(\.rawValue))]),
        ])

    private static let events = channel(
        "{outcome}.{driver}.{operation}.{app}", exchange: "stowage.events", type: "topic",
        messages: ["taskEvent", "driverEvent"], "What became of tasks, and how the drivers are.",
        [
            "outcome": JSONValue(members: ["enum": JSONValue(EventType.allCases.map(\.outcome))]),
            "driver": JSONValue(members: ["description": "none or invalid where it is not known."]),
            "operation": JSONValue(members: [
                "enum": JSONValue(Operation.allCases.map(\.rawValue) + ["none", "invalid"])
            ]),
            "app": JSONValue(members: ["description": "The producer's app-id in [a-z0-9-]; none without one."]),
        ])

    private static let replies = channel(
        "{replyTo}", exchange: "stowage.replies", type: "direct", messages: ["taskEvent"],
        "Final events for a task's reply-to; only here stand inline bytes and presigned URLs.",
        [
            "replyTo": JSONValue(members: [
                "description":
                    "The task's reply-to: 22 to 128 random characters of A-Z, a-z, 0-9, _ and -; the key is the secret."
            ])
        ])

    private static let control = channel(
        "", exchange: "stowage.control", type: "fanout", messages: ["control"],
        "What operators tell every worker; kept in a stream that workers read from its beginning when they start.", [:])

    private static func channel(
        _ address: String, exchange: String, type: String, messages: [String], _ description: String,
        _ parameters: KeyValuePairs<String, JSONValue>
    ) -> JSONValue {
        JSONValue(members: [
            "address": .string(address), "description": .string(description),
            "messages": .object(
                JSONObject(unique: messages.map { .init($0, reference("#/components/messages/\($0)")) })),
            "parameters": JSONValue(members: parameters),
            "bindings": JSONValue(members: [
                "amqp": JSONValue(members: [
                    "is": "routingKey",
                    "exchange": JSONValue(members: [
                        "name": .string(exchange), "type": .string(type), "durable": true, "autoDelete": false,
                        "vhost": "/",
                    ]), "bindingVersion": "0.3.0",
                ])
            ]),
        ])
    }

    private static func operation(
        _ action: String, _ channel: String, messages: [String], _ binding: KeyValuePairs<String, JSONValue>
    ) -> JSONValue {
        let amqp =
            binding.map { JSONObject.Member($0.key, $0.value) }
            + [.init("deliveryMode", 2), .init("bindingVersion", "0.3.0")]
        return JSONValue(members: [
            "action": .string(action), "channel": reference("#/channels/\(channel)"),
            "messages": .array(messages.map { reference("#/channels/\(channel)/messages/\($0)") }),
            "bindings": JSONValue(members: ["amqp": .object(JSONObject(unique: amqp))]),
        ])
    }

    private static let messages = JSONValue(members: [
        "task": message(
            "A task", contentType: "application/json", schema: "task.schema.json", kind: "task",
            headers: .schema(
                nil,
                [
                    "traceparent": .text(nil, "W3C trace context; continued in the events."), "tracestate": .text(),
                ], closed: false)),
        "taskEvent": message(
            "An event about a task", contentType: StowageEvent.contentType, schema: "event.schema.json", kind: "event"),
        "control": message(
            "A control message", contentType: "application/json", schema: "control.schema.json", kind: "control"),
        "driverEvent": message(
            "An event about a driver", contentType: StowageEvent.contentType, schema: "event.schema.json", kind: "event"
        ),
    ])

    private static func message(
        _ title: String, contentType: String, schema: String, kind: String, headers: JSONValue? = nil
    ) -> JSONValue {
        let message = JSONValue(members: [
            "title": .string(title), "contentType": .string(contentType),
            "payload": JSONValue(members: [
                "schemaFormat": "application/schema+json;version=draft-2020-12", "schema": reference("./" + schema),
            ]),
            "bindings": JSONValue(members: [
                "amqp": JSONValue(members: ["messageType": .string("stowage." + kind), "bindingVersion": "0.3.0"])
            ]),
        ])
        return headers.map { message.with(["headers": $0]) } ?? message
    }

    private static func reference(_ target: String) -> JSONValue { JSONValue(members: ["$ref": .string(target)]) }
}
