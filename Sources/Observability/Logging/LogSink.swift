/// One line of a log.
package struct LogLine: Sendable, Equatable {
    package var level: LogLevel
    package var message: String
    package var fields: [LogField]

    package init(level: LogLevel, message: String, fields: [LogField]) {
        self.level = level
        self.message = message
        self.fields = fields
    }
}

/// Where log lines go.
///
/// Called from any thread; must not block for long.
package protocol LogSink: Sendable {
    func write(_ line: LogLine)
}
