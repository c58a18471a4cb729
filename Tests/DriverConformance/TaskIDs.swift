package import Storage
package import StowageContract

/// Ids that no other case has.
package func freshID(_ name: String = "task") -> TaskID {
    var generator = SystemRandomNumberGenerator()
    guard let id = TaskID(name + "-" + String(generator.next() as UInt64, radix: 16)) else {
        preconditionFailure("the name is no task id")
    }
    return id
}

extension StoreRequest {
    /// `request.path/id/name`.
    package var keyText: String { (path.map { $0 + "/" } ?? "") + taskID.text + "/" + name }
}
