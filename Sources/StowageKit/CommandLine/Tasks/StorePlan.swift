import Sharing
import StowageContract

/// Makes the tasks of many files one after the other, so that their bytes never lie in memory together.
actor StorePlan {
    typealias Making = @Sendable (StoreSource) throws -> (TaskRequest, name: String)

    private var rest: ArraySlice<StoreSource>
    private var first: TaskRequest?
    private var problems: [CommandFailure] = []
    private let make: Making
    private let names = Guarded<[String: String]>([:])

    init(_ sources: [StoreSource], _ make: @escaping Making) {
        rest = sources[...]
        self.make = make
    }

    /// What the archive of a task is called.
    nonisolated func name(of task: String) -> String? { names.withLock { $0[task] } }

    /// The tasks, made as they are asked for; of files that cannot be read any more only the problem is kept.
    ///
    /// - Throws: what is wrong with the first.
    func stream() throws -> AsyncStream<TaskRequest> {
        guard let source = rest.popFirst() else { return AsyncStream { $0.finish() } }
        first = try request(source)
        return AsyncStream(unfolding: { await self.next() })
    }

    /// Names what could not be read, and the exit code with that in mind.
    func verdict(on code: ExitCode, _ console: Console) -> ExitCode {
        var codes = ExitCodes()
        codes.note(code)
        for problem in problems {
            console.problem("stowage store: \(problem.message)")
            codes.note(problem.exitCode)
        }
        return codes.worst
    }

    private func next() -> TaskRequest? {
        if let request = first {
            first = nil
            return request
        }
        while let source = rest.popFirst() {
            do { return try request(source) } catch { problems.append(CommandFailure(error)) }
        }
        return nil
    }

    private func request(_ source: StoreSource) throws -> TaskRequest {
        let (request, name) = try make(source)
        names.withLock { $0[request.id.text] = name }
        return request
    }
}
