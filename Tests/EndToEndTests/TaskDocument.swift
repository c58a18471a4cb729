import Foundation
import StowageContract
import StrictCoding

/// A task as a producer in any language would write it.
struct TaskDocument {
    var id: String
    var operation: String
    var driver: String
    var data: [String: Any]
    /// Members beside `data`.
    var members: [String: Any] = [:]

    init(_ operation: String, on driver: String = "a", id: String = TaskDocument.newID(), _ data: [String: Any]) {
        self.id = id
        self.operation = operation
        self.driver = driver
        self.data = data
    }

    /// A store of bytes in the message.
    static func store(
        _ name: String, _ bytes: [UInt8], on driver: String = "a", id: String = TaskDocument.newID(),
        _ more: [String: Any] = [:]
    ) -> TaskDocument {
        let data: [String: Any] = ["name": name, "source": ["inline": Data(bytes).base64EncodedString()]]
        return TaskDocument("store", on: driver, id: id, data.merging(more) { $1 })
    }

    /// A store of a file.
    static func store(
        file: String, on driver: String = "a", id: String = TaskDocument.newID(), _ more: [String: Any] = [:]
    ) -> TaskDocument {
        let name = String(file.split(separator: "/").last ?? "")
        let data: [String: Any] = ["name": name, "source": ["file": file]]
        return TaskDocument("store", on: driver, id: id, data.merging(more) { $1 })
    }

    static func newID() -> String { UUID().uuidString.lowercased() }

    /// With more members beside `data`.
    func with(_ members: [String: Any]) -> TaskDocument {
        var task = self
        task.members.merge(members) { $1 }
        return task
    }

    var bytes: [UInt8] {
        let document: [String: Any] = ["version": 1, "id": id, "operation": operation, "driver": driver, "data": data]
        let whole = document.merging(members) { $1 }
        guard let bytes = try? JSONSerialization.data(withJSONObject: whole, options: .sortedKeys) else {
            preconditionFailure("a test's task is JSON")
        }
        return [UInt8](bytes)
    }
}

extension ArchiveHandle {
    /// As it stands in a task.
    var document: [String: Any] {
        let text = JSONWriter.text(of: json)
        return (try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]) ?? [:]
    }
}
