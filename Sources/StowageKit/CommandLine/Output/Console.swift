import Glibc
import StrictCoding

/// Where a command writes: results to standard output, everything else to standard error.
struct Console: Sendable {
    /// Writes bytes to standard output.
    let write: @Sendable ([UInt8]) -> Void
    /// Writes bytes to standard error.
    let writeError: @Sendable ([UInt8]) -> Void
    let output: Terminal
    let errorOutput: Terminal

    static func ofThisProcess() -> Console {
        Console(
            write: { writeAll($0, to: STDOUT_FILENO) }, writeError: { writeAll($0, to: STDERR_FILENO) },
            output: Terminal(STDOUT_FILENO), errorOutput: Terminal(STDERR_FILENO))
    }

    /// A line for people; what could steer the terminal is replaced.
    func line(_ text: String) { write(Array((text.withoutControls + "\n").utf8)) }

    /// Text of our own, as it stands.
    func text(_ text: String) { write(Array(text.utf8)) }

    /// A value on one line.
    func json(_ value: JSONValue) { write(JSONWriter.bytes(of: value) + [0x0A]) }

    /// A remark that is no result.
    func note(_ text: String) { writeError(Array((text.withoutControls + "\n").utf8)) }

    /// What went wrong; several lines stay several.
    func problem(_ text: String) {
        for line in text.split(separator: "\n") { note(String(line)) }
    }

    /// Replaces what stands on the current line of the terminal; empty text clears it.
    func status(_ text: String) { writeError(Array("\r\u{1B}[K\(text.withoutControls)".utf8)) }

    private static func writeAll(_ bytes: [UInt8], to descriptor: Int32) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            // Nobody reads: there is nobody to tell either.
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}

extension String {
    /// The text with `?` for what moves the cursor or rings the bell.
    var withoutControls: String {
        let isClean = utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F }
        if isClean { return self }
        return String(
            String.UnicodeScalarView(
                unicodeScalars.map { scalar in
                    switch scalar.properties.generalCategory {
                    case .control, .format, .lineSeparator, .paragraphSeparator: "?"
                    default: scalar
                    }
                }))
    }
}
