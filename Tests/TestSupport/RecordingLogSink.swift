import Sharing
package import Observability

/// Keeps the lines that were logged, for tests to look at and to wait for.
package final class RecordingLogSink: LogSink {
    private let recorded: Guarded<[LogLine]> = Guarded([])
    private let changes = Changes()

    package init() {}

    /// Everything so far, in order.
    package var lines: [LogLine] { recorded.withLock { $0 } }

    /// The messages so far, in order.
    package var messages: [String] { lines.map(\.message) }

    /// A logger that writes here, every level of it.
    package var logger: Logger { Logger(sink: self, level: .trace) }

    package func write(_ line: LogLine) {
        recorded.withLock { $0.append(line) }
        changes.signal()
    }

    /// Waits until a line with that message was logged and returns the first.
    package func line(_ message: String) async -> LogLine {
        await changes.value { self.lines.first { $0.message == message } }
    }
}

extension LogLine {
    /// The value of the last field of that key.
    package subscript(key: String) -> String? {
        fields.last { $0.key == key }?.value
    }
}
