/// Makes heads of answers out of lines; pure.
///
/// Interim answers (1xx) are dropped; a later status line begins a new head; what follows a body (trailers) is counted
/// and dropped.
struct HeadParser {
    /// What a line was.
    enum Event: Equatable {
        case more
        /// The end of a final answer's header block.
        case head(TransferHead)
    }

    private enum State {
        case between
        case fields(TransferHead)
        case interim
    }

    private let limit: Int
    private var state = State.between
    private var bytes = 0

    init(limit: Int) {
        self.limit = limit
    }

    /// Takes one line with its end.
    mutating func take(_ line: some Collection<UInt8>) throws(TransferError) -> Event {
        bytes += line.count
        guard bytes <= limit else { throw TransferError(.tooLarge, "the header block is larger than allowed") }
        let text = line.trimmed
        if text.starts(with: "HTTP/".utf8) {
            let head = try Self.statusLine(text)
            state = head.status < 200 ? .interim : .fields(head)
            return .more
        }
        switch state {
        case .between: return .more
        case .interim:
            if text.isEmpty { state = .between }
            return .more
        case .fields(var head):
            if text.isEmpty {
                state = .between
                return .head(head)
            }
            // Frees the state's reference first: else each line would copy all that came before.
            state = .between
            try Self.field(line, text, &head.headers)
            state = .fields(head)
            return .more
        }
    }

    private static func field(
        _ line: some Collection<UInt8>, _ text: some Collection<UInt8>, _ headers: inout TransferHeaders
    ) throws(TransferError) {
        if line.first == UInt8(ascii: " ") || line.first == UInt8(ascii: "\t") {
            headers.extendLast(with: String(decoding: text, as: UTF8.self))
            return
        }
        guard let colon = text.firstIndex(of: UInt8(ascii: ":")) else {
            throw TransferError(.protocol, "a header line has no colon")
        }
        let name = String(decoding: text[..<colon], as: UTF8.self)
        guard name.isHTTPToken else { throw TransferError(.protocol, "the name of a header field is no token") }
        headers.add(name, String(decoding: text[text.index(after: colon)...].trimmed, as: UTF8.self))
    }

    private static func statusLine(_ text: some Collection<UInt8>) throws(TransferError) -> TransferHead {
        let parts = text.split(separator: UInt8(ascii: " "), maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count >= 2, parts[1].count == 3,
            let status = Int(String(decoding: parts[1], as: UTF8.self)), (100...599).contains(status)
        else { throw TransferError(.protocol, "the status line makes no sense") }
        return TransferHead(
            status: status, httpVersion: String(decoding: parts[0].dropFirst("HTTP/".utf8.count), as: UTF8.self))
    }
}

extension Collection<UInt8> {
    /// Without blanks and line ends on both sides.
    fileprivate var trimmed: SubSequence {
        func isBlank(_ byte: UInt8) -> Bool {
            byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
                || byte == UInt8(ascii: "\n")
        }
        guard let first = firstIndex(where: { !isBlank($0) }) else { return self[endIndex...] }
        var last = first
        for index in indices[first...] where !isBlank(self[index]) { last = index }
        return self[first...last]
    }
}
