import ServiceRuntime

/// How large a message may be.
package struct LimitsConfiguration: Sendable {
    /// The largest archive that travels inside a message, in bytes before base64.
    package var inlineBytes = 262_144
    /// The largest body of a task in bytes.
    package var taskBytes = 1_048_576

    init(_ section: ConfigurationSection) {
        inlineBytes = section.integer("inlineBytes", in: 0...67_108_864).map { Int($0) } ?? inlineBytes
        taskBytes = section.integer("taskBytes", in: 4096...134_217_728).map { Int($0) } ?? taskBytes
        if (inlineBytes + 2) / 3 * 4 > taskBytes {
            section.refuse(
                "inlineBytes", "is more than fits, as base64, into a task of limits.taskBytes (\(taskBytes))")
        }
        section.finish()
    }
}
