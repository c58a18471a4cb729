import StrictCoding

/// The schema of events: every member is there, `null` when unknown, and more may come.
enum EventSchema {
    static let envelope = JSONValue.open([
        "specversion": .exactly("1.0"), "id": .text(longest: 255), "source": .text("^/stowage/"),
        "type": .oneOf(texts: EventType.allCases.map(\.rawValue)), "subject": .text(longest: 128),
        "time": .ref("time"), "datacontenttype": .exactly("application/json"),
        "dataschema": .exactly(.string(StowageEvent.dataSchema)), "traceparent": .optional(.text()),
        "tracestate": .optional(.text()), "data": JSONValue(members: ["type": "object"]),
    ]).with(["oneOf": .array(kinds.map(\.rule))])

    /// One kind of event, which says what its `data` is.
    private struct Kind {
        var type: EventType
        var definition: String
        var data: JSONValue

        var rule: JSONValue {
            JSONValue(members: [
                "properties": JSONValue(members: ["type": .exactly(.string(type.rawValue)), "data": .ref(definition)])
            ])
        }
    }

    private static let kinds: [Kind] =
        Operation.allCases.map { operation in
            Kind(
                type: .succeeded, definition: operation.rawValue + "Succeeded",
                data: taskData(
                    operation: .exactly(.string(operation.rawValue)),
                    [
                        "result": .ref(operation.rawValue + "Result"), "durationMilliseconds": .integer(),
                        "attempts": .list(of: .ref("attempt")), "supersedes": .optional(.text()),
                    ]))
        } + [
            Kind(
                type: .failed, definition: "failed",
                data: taskData([
                    "error": .ref("error"), "attempts": .list(of: .ref("attempt")),
                    "possibleCopies": .list(of: .ref("driver")),
                ])),
            Kind(type: .cancelled, definition: "cancelled", data: taskData(["by": .optional(.text())])),
            Kind(
                type: .retrying, definition: "retrying",
                data: taskData(["error": .ref("error"), "retryAt": .ref("time")])),
            Kind(
                type: .failedOver, definition: "failedOver",
                data: taskData(["error": .ref("error"), "from": .ref("driver"), "to": .ref("driver")])),
            Kind(
                type: .progress, definition: "progress",
                data: taskData(["bytesDone": .integer(), "bytesTotal": .optional(.integer())])),
            Kind(type: .sourceKept, definition: "sourceKept", data: taskData(["reason": .text()])),
            Kind(type: .driverDown, definition: "driverDown", data: driverState),
            Kind(type: .driverUp, definition: "driverUp", data: driverState),
            Kind(
                type: .driverSpaceLow, definition: "driverSpaceLow",
                data: .open([
                    "driver": .ref("driver"), "capacity": .ref("capacityResult"), "minimumFreeBytes": .integer(),
                    "worker": .text(),
                ])),
        ]

    private static let driverState = JSONValue.open([
        "driver": .ref("driver"), "since": .ref("time"),
        "probe": .open(["milliseconds": .integer(), "error": .optional(.ref("error"))]), "worker": .text(),
    ])

    private static func taskData(
        operation: JSONValue = .optional(.ref("operation")), _ more: KeyValuePairs<String, JSONValue>
    ) -> JSONValue {
        let common: KeyValuePairs<String, JSONValue> = [
            "task": .open([
                "id": .ref("taskId"), "operation": operation, "driver": .optional(.ref("driver")),
                "attempt": .integer(0 ... .max),
            ]), "labels": .list(of: .text()),
            "requestedBy": .open(["user": .optional(.text()), "app": .optional(.text())]), "worker": .text(),
            "sequence": .integer(0 ... .max),
        ]
        let members = (Array(common) + Array(more)).map { JSONObject.Member($0.key, $0.value) }
        return JSONValue(members: [
            "type": "object", "properties": .object(JSONObject(unique: members)),
            "required": JSONValue(members.map(\.name)),
        ])
    }

    static let handle = JSONValue.open([
        "driver": .ref("driver"), "key": .text(longest: 900), "name": .text(longest: 255), "size": .integer(),
        "sha256": .ref("sha256"), "digests": .texts(), "mediaType": .optional(.text()), "storedAt": .ref("time"),
        "taskId": .ref("taskId"), "version": .optional(.text()), "etag": .optional(.text()),
        "storeId": .optional(.text()), "retention": .optional(.ref("retention")), "legalHold": .boolean,
        "metadata": .texts(), "tier": .optional(.text()),
    ])

    static let retention = JSONObject.Member(
        "retention",
        .open([
            "mode": .oneOf(texts: Retention.Mode.allCases.map(\.rawValue)), "until": .ref("time"),
            "enforcedBy": .optional(.oneOf(texts: Retention.Enforcer.allCases.map(\.rawValue))),
        ]))

    static let definitions: [JSONObject.Member] =
        kinds.map { JSONObject.Member($0.definition, $0.data) } + results + [
            .init("handle", handle), retention,
            .init(
                "error",
                .open([
                    "code": .oneOf(texts: ErrorCode.allCases.map(\.rawValue)), "message": .text(),
                    "retryable": .boolean, "at": .oneOf(texts: ErrorPlace.allCases.map(\.rawValue)),
                    "driver": .optional(.ref("driver")), "context": .texts(),
                ])),
            .init(
                "attempt",
                .open([
                    "n": .integer(1 ... .max), "driver": .ref("driver"), "startedAt": .optional(.ref("time")),
                    "endedAt": .optional(.ref("time")), "worker": .optional(.text()),
                    "code": .optional(.oneOf(texts: ErrorCode.allCases.map(\.rawValue))),
                    "message": .optional(.text()), "ambiguous": .boolean,
                ])),
        ]

    private static let results: [JSONObject.Member] = [
        .init(
            "storeResult",
            .open([
                "handle": .ref("handle"), "alreadyPresent": .boolean,
                "verified": .optional(.oneOf(texts: Verification.allCases.map(\.rawValue))),
                "exclusive": .oneOf(texts: Exclusivity.allCases.map(\.rawValue)),
                "durability": .oneOf(texts: Durability.allCases.map(\.rawValue)),
                "retention": .optional(.ref("retention")), "copies": .list(of: .ref("copyOutcome")),
                "otherCopies": .list(of: .ref("handle")), "possibleCopies": .list(of: .ref("driver")),
                "sourceBytes": .integer(), "resumedBytes": .integer(), "slices": .integer(1 ... .max),
            ])),
        .init(
            "copyOutcome",
            JSONValue(members: [
                "oneOf": [
                    .open(["driver": .ref("driver"), "handle": .ref("handle")]),
                    .open([
                        "driver": .ref("driver"), "error": .ref("error"), "followUp": .optional(.ref("taskId")),
                    ]),
                ]
            ])),
        .init(
            "retrieveResult",
            .open([
                "size": .integer(), "sha256": .ref("sha256"), "verified": .boolean,
                "destination": JSONValue(members: [
                    "oneOf": [
                        .open(["file": .text()]), .open(["url": .text("^[^?#@]*$")]), .open(["inline": .exactly(true)]),
                    ]
                ]), "inline": .optional(.text().with(["contentEncoding": "base64"])),
            ])), .init("deleteResult", .open(["deleted": .boolean, "absent": .boolean])),
        .init("statResult", .open(["exists": .boolean, "handle": .optional(.ref("handle"))])),
        .init(
            "listResult",
            .open([
                "archives": .list(
                    of: .open([
                        "key": .text(), "size": .integer(), "storedAt": .ref("time"),
                        "taskId": .optional(.ref("taskId")),
                    ])), "next": .optional(.text()),
            ])),
        .init(
            "verifyResult",
            .open([
                "state": .oneOf(texts: VerifyResult.State.allCases.map(\.rawValue)),
                "expectedSha256": .optional(.ref("sha256")), "actualSha256": .optional(.ref("sha256")),
            ])), .init("copyResult", .open(["handle": .ref("handle")])),
        .init("presignResult", .open(["expiresAt": .ref("time"), "url": .optional(.text())])),
        .init("retainResult", .open(["retention": .optional(.ref("retention")), "legalHold": .boolean])),
        .init(
            "checkResult",
            .open([
                "ok": .boolean,
                "steps": .list(
                    of: .open([
                        "name": .oneOf(texts: CheckResult.Step.Name.allCases.map(\.rawValue)),
                        "outcome": .oneOf(texts: CheckResult.Step.Outcome.allCases.map(\.rawValue)),
                        "milliseconds": .integer(), "error": .optional(.ref("error")),
                    ])),
            ])),
        .init(
            "capacityResult",
            .open([
                "totalBytes": .optional(.integer()), "usedBytes": .optional(.integer()),
                "freeBytes": .optional(.integer()),
            ])),
    ]
}
