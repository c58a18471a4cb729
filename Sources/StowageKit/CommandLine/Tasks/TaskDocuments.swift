import Glibc
import ServiceRuntime
import StowageContract
import StrictCoding

/// Tasks in JSON as they are read: one document, or one per line.
actor TaskDocuments {
    /// The largest single document, in bytes; RabbitMQ carries no more.
    private static let documentLimit = 134_217_728

    /// What is wrong, with the line where there are several.
    private(set) var problems: [String] = []
    private let chunks: @Sendable () async -> [UInt8]?
    private let limits: TaskLimits
    private let time: TimeSource
    private var buffer: [UInt8] = []
    /// Where in the buffer the next line begins.
    private var head = 0
    private var isAtEnd = false
    private var lineNumber = 0
    /// Whether there is one document per line; `nil`: nobody knows yet.
    private var isInLines: Bool?

    init(_ chunks: @escaping @Sendable () async -> [UInt8]?, limits: TaskLimits, time: TimeSource) {
        self.chunks = chunks
        self.limits = limits
        self.time = time
    }

    /// The next task that a worker would understand; `nil` when there are no more.
    func next() async -> TaskRequest? {
        while true {
            guard let line = await nextLine() else { return nil }
            lineNumber += 1
            if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { continue }
            if isInLines == nil {
                isInLines = (try? JSONParser.parse(line)) != nil
                if isInLines == false {
                    let document = line + [0x0A] + (await rest())
                    return request(document, place: "")
                }
            }
            if let request = request(line, place: "line \(lineNumber): ") { return request }
        }
    }

    /// The tasks one after the other, read as they are asked for.
    func stream(beginningWith first: TaskRequest) -> AsyncStream<TaskRequest> {
        let head = Head(first)
        return AsyncStream(unfolding: {
            if let first = await head.take() { return first }
            return await self.next()
        })
    }

    /// Writes down all problems.
    ///
    /// - Throws: when there was nothing at all.
    func complain(_ line: ParsedCommand, _ context: CommandContext) throws {
        if problems.isEmpty { throw line.error("\(line.arguments[0]) holds no task") }
        for problem in problems { context.console.problem("stowage \(line.name): \(line.arguments[0]): \(problem)") }
    }

    private func request(_ document: [UInt8], place: String) -> TaskRequest? {
        let now = Timestamp(millisecondsSinceEpoch: time.millisecondsSinceEpoch)
        do throws(TaskProblem) {
            return try TaskRequest(document: document, id: RandomText.taskID(now: now), limits: limits, now: now)
        } catch {
            problems.append(place + error.message)
            return nil
        }
    }

    private func nextLine() async -> [UInt8]? {
        var searched = head
        while true {
            if let end = buffer[searched...].firstIndex(of: 0x0A) {
                defer { head = end + 1 }
                return Array(buffer[head..<end])
            }
            buffer.removeSubrange(..<head)
            head = 0
            searched = buffer.count
            guard !isAtEnd, buffer.count <= Self.documentLimit, let chunk = await chunks() else {
                isAtEnd = true
                defer { buffer = [] }
                return buffer.isEmpty ? nil : buffer
            }
            buffer += chunk
        }
    }

    private func rest() async -> [UInt8] {
        while !isAtEnd, buffer.count - head <= Self.documentLimit, let chunk = await chunks() { buffer += chunk }
        isAtEnd = true
        defer {
            buffer = []
            head = 0
        }
        return Array(buffer[head...])
    }
}

/// A value that is handed out once.
private actor Head {
    private var request: TaskRequest?

    init(_ request: TaskRequest) { self.request = request }

    func take() -> TaskRequest? {
        defer { request = nil }
        return request
    }
}

/// A file that is read piece by piece.
final class InputFile: Sendable {
    private let descriptor: Int32
    private let threads = BlockingPool(threads: 1)

    init(_ path: String) throws(CommandFailure) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw CommandFailure(.usage, "\(path) cannot be read: \(String(cString: strerror(errno)))")
        }
    }

    deinit { close(descriptor) }

    /// The next bytes; `nil` at the end.
    var chunks: @Sendable () async -> [UInt8]? {
        { [self] in
            await threads.run { [self] in
                var bytes = [UInt8](repeating: 0, count: 65_536)
                while true {
                    let count = read(descriptor, &bytes, bytes.count)
                    if count > 0 { return Array(bytes[..<count]) }
                    if count == 0 || errno != EINTR { return nil }
                }
            }
        }
    }
}
