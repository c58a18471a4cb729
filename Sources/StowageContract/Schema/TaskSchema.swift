import StrictCoding

/// The schema of tasks: strict, `null` is the same as absent.
enum TaskSchema {
    static let envelope = JSONValue.schema(
        "Published to the exchange stowage.tasks under <driver>.<operation>.",
        [
            "version": .optional(.exactly(1)), "id": .optional(.ref("taskId")),
            "operation": .optional(.ref("operation")), "driver": .optional(.ref("driver")),
            "fallbacks": .optional(.ref("drivers")), "data": JSONValue(members: ["type": "object"]),
            "options": .optional(.ref("options")),
        ], required: ["data"]
    ).with(["allOf": .array(Operation.allCases.map(dataOf))])

    /// The rule that says what `data` is for one operation.
    private static func dataOf(_ operation: Operation) -> JSONValue {
        JSONValue(members: [
            "if": JSONValue(members: [
                "properties": JSONValue(members: ["operation": .exactly(.string(operation.rawValue))]),
                "required": ["operation"],
            ]),
            "then": JSONValue(members: ["properties": JSONValue(members: ["data": .ref(operation.rawValue)])]),
        ])
    }

    static let definitions: [JSONObject.Member] =
        operations + [
            .init("drivers", .list(of: .ref("driver"), longest: 16, unique: true)),
            .init("labels", .list(of: .text(longest: 256), longest: 16)),
            .init(
                "options",
                .schema(
                    "Limits and times; everything has a default.",
                    [
                        "timeoutSeconds": .optional(.integer(1...86_400)), "maxAttempts": .optional(.integer(1...100)),
                        "notBefore": .optional(.ref("time")), "deadline": .optional(.ref("time")),
                        "progress": .optional(.boolean),
                    ])),
            .init("name", .text("^\(noReserved)\(segment)$", "NFC, at most 255 bytes.")),
            .init(
                "path", .text("^\(noReserved)\(segment)(/\(segment)){0,15}$", longest: 512, "NFC, at most 512 bytes.")),
            .init(
                "key", .text("^\(noReserved)\(segment)(/\(segment)){0,17}$", longest: 900, "NFC, at most 900 bytes.")),
            .init("prefix", .text("^\(noReserved)(\(segment)(/\(segment))*/?)?$", longest: 900)),
            .init(
                "file",
                .text(
                    "^(?!.*/\\.{1,2}(/|$))(/\(segment))+$", longest: 4095,
                    "An absolute path below one of the workers' spool roots.")),
            .init("url", url("[Hh][Tt][Tt][Pp][Ss]?|[Ff][Tt][Pp][Ss]?|[Ss][Ff][Tt][Pp]")),
            .init(
                "headers",
                .texts(
                    names: .text("^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$"),
                    values: .text("^[^\(controls)]*$", longest: 8192), longest: 32)),
            .init(
                "metadata",
                .texts(
                    names: .text("^[a-z][a-z0-9_]{0,63}$"), values: .text("^[^\(controls)]*$", longest: 1024),
                    longest: 32)
            ),
            .init(
                "retention",
                .schema(
                    "How long the archive must not be deleted or replaced.",
                    [
                        "mode": .oneOf(texts: Retention.Mode.allCases.map(\.rawValue)), "until": .ref("time"),
                        "enforcedBy": .optional(.oneOf(texts: Retention.Enforcer.allCases.map(\.rawValue))),
                    ], required: ["mode", "until"])),
            .init("handleInTask", handle),
            .init("source", source), .init("destination", destination),
        ]

    private static let controls = #"\u0000-\u001F\u007F-\u009F"#
    private static let segment = "[^\(controls)/]{1,255}"
    /// No segment is `.` or `..` or begins with `.stowage`.
    private static let noReserved = #"(?!(.*/)?(\.{1,2}(/|$)|\.stowage))"#

    private static func url(_ schemes: String) -> JSONValue {
        .text(#"^(?:\#(schemes))://(?!([^/?#]*@)?([:/?#]|$))[!#-\[\]-~]+$"#, longest: 8192)
    }

    /// An archive is named by its key or by its handle.
    private static func aboutArchive(
        _ more: KeyValuePairs<String, JSONValue>, required: [String] = []
    ) -> JSONValue {
        let members =
            [JSONObject.Member("key", .ref("key")), .init("handle", .ref("handleInTask"))]
            + more.map { JSONObject.Member($0.key, $0.value) } + [.init("labels", .optional(.ref("labels")))]
        let object = JSONValue.schema(nil, [:], required: required)
        return object.with([
            "properties": .object(JSONObject(unique: members)),
            "oneOf": [JSONValue(members: ["required": ["key"]]), JSONValue(members: ["required": ["handle"]])],
        ])
    }

    private static let operations: [JSONObject.Member] = [
        .init("store", store),
        .init(
            "retrieve",
            aboutArchive(
                [
                    "destination": .ref("destination"),
                    "range": .optional(
                        .schema(
                            nil, ["offset": .integer(), "length": .optional(.integer(1 ... .max))], required: ["offset"]
                        )),
                ], required: ["destination"])),
        .init(
            "delete", aboutArchive(["strict": .optional(.boolean), "reason": .optional(.text(longest: 1024))])),
        .init("stat", aboutArchive([:])),
        .init(
            "list",
            .schema(
                nil,
                [
                    "prefix": .optional(.ref("prefix")), "after": .optional(.text("^[^\(controls)]*$", longest: 1024)),
                    "limit": .optional(.integer(1...1000)), "labels": .optional(.ref("labels")),
                ])),
        .init("verify", aboutArchive(["sha256": .optional(.ref("sha256"))])),
        .init(
            "copy",
            aboutArchive(
                ["to": .ref("driver"), "path": .optional(.ref("path")), "removeSource": .optional(.boolean)],
                required: ["to"])),
        .init("presign", aboutArchive(["expiresSeconds": .integer(1...604_800)], required: ["expiresSeconds"])),
        .init(
            "retain",
            aboutArchive([
                "retention": .optional(.ref("retention")), "legalHold": .optional(.exactly(true)),
                "releases": .optional(.list(of: .ref("taskId"), longest: 100)),
            ])),
        .init(
            "check",
            .schema(
                nil,
                [
                    "write": .optional(.boolean), "worm": .optional(.boolean), "labels": .optional(.ref("labels")),
                ])),
        .init("capacity", .schema(nil, ["labels": .optional(.ref("labels"))])),
    ]

    private static let store = JSONValue.schema(
        nil,
        [
            "name": .ref("name"), "path": .optional(.ref("path")), "source": .ref("source"),
            "size": .optional(.integer()), "sha256": .optional(.ref("sha256")),
            "mediaType": .optional(.text(#"^[ -.0-~]+/[ -~]+$"#, longest: 255)),
            "metadata": .optional(.ref("metadata")),
            "retention": .optional(.ref("retention")), "legalHold": .optional(.boolean),
            "copies": .optional(.ref("drivers")), "removeSource": .optional(.boolean),
            "driverOptions": .optional(
                .texts(names: .ref("driver"), values: JSONValue(members: ["type": "object"]), longest: 32)),
            "labels": .optional(.ref("labels")),
        ], required: ["name", "source"]
    ).with([
        "if": JSONValue(members: [
            "properties": JSONValue(members: ["removeSource": .exactly(true)]), "required": ["removeSource"],
        ]),
        "then": JSONValue(members: [
            "properties": JSONValue(members: [
                "source": JSONValue(members: [
                    "anyOf": [JSONValue(members: ["required": ["file"]]), JSONValue(members: ["required": ["handle"]])]
                ])
            ])
        ]),
    ])

    private static let source = JSONValue(members: [
        "description": "Exactly one place where the bytes come from.",
        "oneOf": [
            .schema(
                nil,
                [
                    "inline": .text(
                        "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
                        "Base64; at most limits.inlineBytes bytes."
                    ).with(["contentEncoding": "base64"])
                ], required: ["inline"]), .schema(nil, ["file": .ref("file")], required: ["file"]),
            .schema(nil, ["url": .ref("url"), "headers": .ref("headers")], required: ["url"]),
            .schema(
                nil, ["url": .ref("url"), "credentials": .text(longest: 64)], required: ["url", "credentials"]),
            .schema(nil, ["handle": .ref("handleInTask")], required: ["handle"]),
        ],
    ])

    private static let destination = JSONValue(members: [
        "description": "Exactly one place where the bytes go.",
        "oneOf": [
            .schema(nil, ["file": .ref("file")], required: ["file"]),
            .schema(nil, ["url": .ref("url"), "headers": .ref("headers")], required: ["url"]),
            .schema(nil, ["url": .ref("url"), "credentials": .text(longest: 64)], required: ["url", "credentials"]),
            .schema(nil, ["inline": .exactly(true)], required: ["inline"]),
        ],
    ])

    private static let handle = JSONValue.schema(
        "A handle from an event; driver and key are enough.",
        [
            "driver": .ref("driver"), "key": .ref("key"), "name": .optional(.text()), "size": .optional(.integer()),
            "sha256": .optional(.ref("sha256")), "digests": .optional(.texts(longest: 32)),
            "mediaType": .optional(.text()), "storedAt": .optional(.ref("time")), "taskId": .optional(.ref("taskId")),
            "version": .optional(.text(longest: 1024)), "etag": .optional(.text()),
            "storeId": .optional(.text(longest: 256)), "retention": .optional(.ref("retention")),
            "legalHold": .optional(.boolean), "metadata": .optional(.texts(longest: 256)), "tier": .optional(.text()),
        ], required: ["driver", "key"])
}
