/// A server's answer to a command.
package struct FTPReply: Sendable, Equatable {
    /// 100 to 599.
    package var code: Int
    /// Its lines without the code.
    package var lines: [String]

    package init(code: Int, lines: [String]) {
        self.code = code
        self.lines = lines
    }

    /// Whether something follows: 1yz.
    package var isPreliminary: Bool { code < 200 }
    package var isFailure: Bool { code >= 400 }
    package var text: String { lines.joined(separator: "\n") }
}
