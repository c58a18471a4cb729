package import StowageContract
import StrictCoding

/// A task as it goes to the broker: the body to the letter, and what the client needs to know of it.
package struct TaskRequest: Sendable {
    package let id: TaskID
    package let operation: Operation
    package let driver: DriverName
    package let body: [UInt8]
    /// The result holds what only the requester may see, and comes as a reply only: inline bytes, a signed URL.
    package let hasConfidentialResult: Bool

    /// The task, encoded.
    package init(_ task: StorageTask) {
        self.init(task, body: task.encoded())
    }

    /// A document as somebody wrote it, which goes out unchanged.
    ///
    /// `id` counts where the document has none; `limits`: what the workers take.
    /// - Throws: why no worker would understand it.
    package init(
        document: [UInt8], id: TaskID, limits: TaskLimits = TaskLimits(), now: Timestamp
    ) throws(TaskProblem) {
        let hasID = (try? JSONParser.parse(document))?["id"].map { !$0.isNull } ?? false
        let task = try StorageTask.read(
            body: document, messageID: hasID ? nil : id.text, limits: limits, now: now)
        self.init(task, body: document)
    }

    private init(_ task: StorageTask, body: [UInt8]) {
        id = task.id
        operation = task.operation
        driver = task.driver
        self.body = body
        hasConfidentialResult =
            switch task.data {
            case .retrieve(let data): data.destination == .inline
            case .presign: true
            default: false
            }
    }

    /// `<driver>.<operation>`.
    package var routingKey: String { "\(driver).\(operation.rawValue)" }
}
