public import StrictCoding

/// The machine-readable form of the contract: what `stowage schema` prints, and what stands in `docs/schema`.
public enum StowageSchema {
    /// JSON Schema (draft 2020-12) of a task's body.
    ///
    /// What no schema can see is left to the reader: limits in bytes, drivers that must differ, calendar days.
    public static var task: JSONValue {
        document("task", "A task for Stowage", TaskSchema.envelope, TaskSchema.definitions + shared)
    }

    /// JSON Schema (draft 2020-12) of an event's body, a CloudEvent; subscribers ignore members that are not in it.
    public static var event: JSONValue {
        document("event", "An event of Stowage", EventSchema.envelope, EventSchema.definitions + shared)
    }

    /// JSON Schema (draft 2020-12) of a handle as events show it.
    public static var handle: JSONValue {
        document("handle", "The record of a stored archive", EventSchema.handle, [EventSchema.retention] + shared)
    }

    /// JSON Schema (draft 2020-12) of what operators tell the workers.
    public static var control: JSONValue {
        document(
            "control", "A control message for Stowage's workers", ControlSchema.message,
            shared.filter { ["taskId", "driver"].contains($0.name) })
    }

    /// AsyncAPI 3.0 with AMQP bindings; its payloads refer to the other documents by their file names.
    public static var asyncAPI: JSONValue { AsyncAPISchema.document }

    /// Every document under the file name that the others refer to it by.
    public static var documents: [(name: String, document: JSONValue)] {
        [
            ("task.schema.json", task), ("event.schema.json", event), ("handle.schema.json", handle),
            ("control.schema.json", control), ("asyncapi.json", asyncAPI),
        ]
    }

    private static func document(
        _ name: String, _ title: String, _ root: JSONValue, _ definitions: [JSONObject.Member]
    ) -> JSONValue {
        let head: [JSONObject.Member] = [
            .init("$schema", "https://json-schema.org/draft/2020-12/schema"),
            .init("$id", .string("urn:stowage:schema:\(name):1")), .init("title", .string(title)),
        ]
        return .object(
            JSONObject(
                unique: head + (root.object?.members ?? [])
                    + [.init("$defs", .object(JSONObject(unique: definitions)))]))
    }

    /// What tasks and events have in common.
    private static let shared: [JSONObject.Member] = [
        .init(
            "taskId",
            .text(#"^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$"#, "The idempotency key: the same id is the same task.")
        ),
        .init(
            "driver",
            .text(#"^(?!all$)(?!.*-quick$)[a-z0-9-]{1,57}$"#, "The name of a driver in the workers' configuration.")),
        .init("operation", .oneOf(texts: Operation.allCases.map(\.rawValue))),
        .init("sha256", .text(#"^[0-9A-Fa-f]{64}$"#, "Hexadecimal; lower case in events.")),
        .init(
            "time",
            .text(
                #"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[Tt]([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)"#
                    + #"(\.[0-9]{1,24})?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$"#,
                "RFC 3339; in events UTC with milliseconds."
            ).with(["format": "date-time"])),
    ]
}
