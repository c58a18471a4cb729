import StrictCoding

/// The schema of what operators tell the workers.
enum ControlSchema {
    static let message = JSONValue(members: [
        "description": "What an operator tells the workers; the last command about a driver holds.",
        "oneOf": [
            .schema(
                "Ends a task wherever it is.",
                ["command": .exactly("cancel"), "task": .ref("taskId")], required: ["command", "task"]),
            .schema(
                "Says whether tasks are consumed.",
                [
                    "command": .oneOf(texts: ConsumptionCommand.allCases.map(\.rawValue)),
                    "driver": .optional(.ref("driver")),
                    "worker": .optional(
                        JSONValue(members: [
                            "description": "As in the member worker of events.", "type": "string", "minLength": 1,
                            "maxLength": .integer(Int64(ControlMessage.longestWorkerName)),
                        ])),
                ], required: ["command"]),
        ],
    ])
}
