import Sharing

/// What was said on the control connection during one transfer: verbs without what came with them, and the replies.
///
/// Written on the loop's thread, read when the transfer has ended. Never has a password in it.
final class FTPRecord: Sendable {
    struct Entry: Sendable, Equatable {
        /// Empty for the greeting.
        var verb: String
        var replies: [FTPReply] = []

        var answer: FTPReply? { replies.last.flatMap { $0.isPreliminary ? nil : $0 } }
    }

    private struct State {
        var entries: [Entry] = []
        /// Of a reply whose end has not come.
        var lines: [String] = []
        var bytes = 0
        var sessionCommands = 0
        /// Libcurl says goodbye to another connection: what comes is not for us.
        var isLeaving = false
    }

    /// What libcurl says by itself before the commands of a transfer.
    private static let login: Set<String> = ["", "AUTH", "USER", "PASS", "ACCT", "PBSZ", "PROT", "CCC", "PWD", "SYST"]
    private let limit: Int
    private let state = Guarded(State())

    init(limit: Int) {
        self.limit = limit
    }

    var entries: [Entry] { state.withLock { $0.entries } }

    /// The transfer has a new connection, whose first commands are so many that belong to the connection.
    func beginSession(commands: Int) {
        state.withLock { $0.sessionCommands = commands }
    }

    /// A line that was sent.
    func sent(_ line: some Collection<UInt8>) {
        let verb = line.prefix { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: "\n") }
        let text = String(decoding: verb.prefix(16), as: UTF8.self)
        state.withLock { state in
            state.isLeaving = text == "QUIT"
            if !state.isLeaving { state.entries.append(Entry(verb: text)) }
        }
    }

    /// A line that came; returns the reply that ends with it, and what it is the answer to.
    func received(_ line: some Collection<UInt8>) throws(TransferError) -> (verb: String, reply: FTPReply)? {
        var text = Array(line)
        while let last = text.last, last == UInt8(ascii: "\n") || last == UInt8(ascii: "\r") { text.removeLast() }
        let code = Self.code(text)
        let content = String(decoding: code == nil ? text[...] : text.dropFirst(4), as: UTF8.self)
        let isLast = code != nil && text.count > 3 && text[3] == UInt8(ascii: " ")
        let result = state.withLock { state -> Result<(verb: String, reply: FTPReply)?, TransferError> in
            if state.isLeaving { return .success(nil) }
            state.bytes += line.count
            guard state.bytes <= limit else {
                return .failure(TransferError(.tooLarge, "the replies of the server are larger than allowed"))
            }
            state.lines.append(content)
            guard isLast, let code else { return .success(nil) }
            let reply = FTPReply(code: code, lines: state.lines)
            state.lines = []
            if state.entries.isEmpty { state.entries.append(Entry(verb: "")) }
            state.entries[state.entries.count - 1].replies.append(reply)
            return .success((state.entries[state.entries.count - 1].verb, reply))
        }
        return try result.get()
    }

    /// The entries behind what belongs to the connection and not to the transfer.
    var own: [Entry] {
        state.withLock { state in
            let start = state.entries.lastIndex { Self.login.contains($0.verb) }.map { $0 + 1 } ?? 0
            return Array(state.entries.dropFirst(start + state.sessionCommands))
        }
    }

    /// The last answer to a command.
    func answer(to verb: String) -> FTPReply? {
        state.withLock { $0.entries.last { $0.verb == verb }?.answer }
    }

    /// A three-digit number at the start, with a blank or a hyphen behind it.
    private static func code(_ text: [UInt8]) -> Int? {
        guard text.count >= 4, text[3] == UInt8(ascii: " ") || text[3] == UInt8(ascii: "-"),
            text[..<3].allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") })
        else { return nil }
        return text[..<3].reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }
}
