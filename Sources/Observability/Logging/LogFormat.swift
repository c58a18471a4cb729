/// How a log line is written.
package enum LogFormat: String, Sendable, CaseIterable {
    /// One JSON object per line: `time`, `level`, `message`, then the fields, all of them strings.
    case json
    /// For people: `12:34:56.789 INFO  message  key=value`.
    case text

    /// The line as UTF-8 with its line feed, the only one in it.
    ///
    /// Of fields with one key the last is written.
    package func bytes(of line: LogLine, millisecondsSinceEpoch: Int64, isColored: Bool = false) -> [UInt8] {
        var text = LogText()
        text.bytes.reserveCapacity(256)
        append(line, to: &text, millisecondsSinceEpoch: millisecondsSinceEpoch, isColored: isColored)
        return text.bytes
    }

    func append(_ line: LogLine, to text: inout LogText, millisecondsSinceEpoch: Int64, isColored: Bool) {
        switch self {
        case .json: appendJSON(line, to: &text, millisecondsSinceEpoch)
        case .text: appendText(line, to: &text, millisecondsSinceEpoch, isColored: isColored)
        }
    }

    private func appendJSON(_ line: LogLine, to text: inout LogText, _ milliseconds: Int64) {
        text.append("{\"time\":\"")
        text.append(millisecondsSinceEpoch: milliseconds)
        text.append("\",\"level\":\"")
        text.bytes.append(contentsOf: line.level.rawValue.utf8)
        text.append("\",\"message\":\"")
        text.appendEscaped(line.message)
        for (index, field) in line.fields.enumerated() where !line.fields.isRepeated(after: index) {
            text.append("\",\"")
            // A member name of the line itself must not come twice.
            if ["time", "level", "message"].contains(field.key) { text.append("field.") }
            text.appendEscaped(field.key)
            text.append("\":\"")
            text.appendEscaped(field.value)
        }
        text.append("\"}\n")
    }

    private func appendText(_ line: LogLine, to text: inout LogText, _ milliseconds: Int64, isColored: Bool) {
        text.append(millisecondsOfDay: milliseconds.floored(by: 86_400_000).remainder)
        text.append(" ")
        if isColored { text.append(line.level.color) }
        text.append(line.level.label)
        if isColored { text.append("\u{1B}[0m") }
        text.append(" ")
        text.appendEscaped(line.message)
        for (index, field) in line.fields.enumerated() where !line.fields.isRepeated(after: index) {
            text.append(index == 0 ? "  " : " ")
            text.appendEscaped(field.key)
            text.append("=")
            let isPlain = !field.value.isEmpty && !field.value.utf8.contains { [0x20, 0x22, 0x3D].contains($0) }
            if !isPlain { text.append("\"") }
            text.appendEscaped(field.value)
            if !isPlain { text.append("\"") }
        }
        text.append("\n")
    }
}

extension [LogField] {
    fileprivate func isRepeated(after index: Int) -> Bool {
        self[(index + 1)...].contains { $0.key == self[index].key }
    }
}

extension LogLevel {
    fileprivate var label: StaticString {
        switch self {
        case .trace: "TRACE"
        case .debug: "DEBUG"
        case .info: "INFO "
        case .warning: "WARN "
        case .error: "ERROR"
        }
    }

    fileprivate var color: StaticString {
        switch self {
        case .trace, .debug: "\u{1B}[2m"
        case .info: "\u{1B}[32m"
        case .warning: "\u{1B}[33m"
        case .error: "\u{1B}[31m"
        }
    }
}
