/// Writes lines: a constant message with data as dotted keys (`task.id`, `driver.name`, `error.code`).
///
/// A value that is passed, never a global.
package struct Logger: Sendable {
    private let sink: any LogSink
    private let level: LogLevel
    private let context: [LogField]

    package init(sink: any LogSink, level: LogLevel = .info) {
        self.sink = sink
        self.level = level
        self.context = []
    }

    private init(sink: any LogSink, level: LogLevel, context: [LogField]) {
        self.sink = sink
        self.level = level
        self.context = context
    }

    /// A logger that adds these fields to every line.
    package func with(_ fields: LogField...) -> Logger {
        with(fields)
    }

    /// A logger that adds these fields to every line.
    package func with(_ fields: [LogField]) -> Logger {
        Logger(sink: sink, level: level, context: context + fields)
    }

    /// Whether lines of that level are written at all.
    package func writes(_ level: LogLevel) -> Bool {
        level >= self.level
    }

    package func trace(_ message: StaticString, _ fields: @autoclosure () -> [LogField] = []) {
        log(.trace, message, fields)
    }

    package func debug(_ message: StaticString, _ fields: @autoclosure () -> [LogField] = []) {
        log(.debug, message, fields)
    }

    package func info(_ message: StaticString, _ fields: @autoclosure () -> [LogField] = []) {
        log(.info, message, fields)
    }

    package func warning(_ message: StaticString, _ fields: @autoclosure () -> [LogField] = []) {
        log(.warning, message, fields)
    }

    package func error(_ message: StaticString, _ fields: @autoclosure () -> [LogField] = []) {
        log(.error, message, fields)
    }

    private func log(_ level: LogLevel, _ message: StaticString, _ fields: () -> [LogField]) {
        guard level >= self.level else { return }
        sink.write(LogLine(level: level, message: message.description, fields: context + fields()))
    }
}
