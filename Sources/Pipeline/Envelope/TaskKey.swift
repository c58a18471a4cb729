package import StowageContract

/// A task's routing key, `<driver>.<operation>`, as far as it can be understood.
package struct TaskKey: Sendable, Equatable {
    package var driver: DriverName?
    package var operation: Operation?

    package init(_ routingKey: String) {
        let parts = routingKey.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return }
        driver = DriverName(String(parts[0]))
        operation = Operation(rawValue: String(parts[1]))
    }
}
