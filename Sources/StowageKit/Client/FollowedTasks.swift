package import StowageContract

/// What is known of the tasks that a client follows; pure.
package struct FollowedTasks: Sendable {
    private struct Followed {
        var needsReply: Bool
        var seen: Set<String> = []
        var end: TaskEnd?
    }

    private var tasks: [TaskID: Followed] = [:]
    private var open = 0

    package init() {}

    /// Whether every task that was added has ended.
    package var areAllEnded: Bool { open == 0 }

    /// Tasks whose end is not known.
    package var openIDs: [String] {
        tasks.filter { $0.value.end == nil }.map(\.key.text).sorted()
    }

    /// Follows one more task; one that is followed already is not followed twice.
    package mutating func add(_ request: TaskRequest) {
        guard tasks[request.id] == nil else { return }
        tasks[request.id] = Followed(needsReply: request.hasConfidentialResult)
        open += 1
    }

    /// Ends a task that never got to a worker.
    package mutating func end(_ id: TaskID, _ end: TaskEnd) {
        guard let known = tasks[id], known.end == nil else { return }
        tasks[id]?.end = end
        open -= 1
    }

    /// Takes an event in; `nil` where it says nothing new, or is about no task that is followed.
    ///
    /// `isReply`: it came under the reply key, so that a confidential result is in it.
    package mutating func take(_ event: TaskEvent, isReply: Bool) -> TaskEvent? {
        guard let id = TaskID(event.task), var followed = tasks[id] else { return nil }
        if case .succeeded = event.happening, followed.needsReply, !isReply {
            // The same event comes again as the reply, with the bytes in it.
            return nil
        }
        guard followed.seen.insert(event.id).inserted else { return nil }
        defer { tasks[id] = followed }
        switch (event.happening, followed.end) {
        case (.succeeded, .succeeded): return nil
        case (.succeeded, let end):
            followed.end = .succeeded
            if end == nil { open -= 1 }
        case (.failed, nil):
            followed.end = .failed
            open -= 1
        case (.cancelled, nil):
            followed.end = .cancelled
            open -= 1
        case (.failed, _), (.cancelled, _): return nil
        case (.retrying, _), (.failedOver, _), (.progress, _), (.sourceKept, _): break
        }
        return event
    }

    /// How a task ended; `nil`: it is not known.
    package func end(of id: TaskID) -> TaskEnd? { tasks[id]?.end }

    /// How many ended in each way.
    package func count(_ end: TaskEnd) -> Int { tasks.values.count { $0.end == end } }
}

/// How a task ended.
package enum TaskEnd: Sendable, Equatable {
    case succeeded, failed, cancelled
    /// The broker did not take it.
    case notSent
}
