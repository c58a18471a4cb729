/// Where the body of a message ends in a stream of bytes.
enum BodyFraming {
    /// So many bytes are still to come.
    case length(Int)
    case chunked(ChunkedScanner)
    /// It ends with the connection.
    case untilClose

    /// How the body that follows a request's head is framed.
    init(ofRequest headers: [String: String]) {
        if headers["transfer-encoding"]?.lowercased().contains("chunked") == true {
            self = .chunked(ChunkedScanner())
        } else {
            self = .length(Int(headers["content-length"] ?? "") ?? 0)
        }
    }

    /// How the body that follows an answer's head is framed.
    init(ofAnswer headers: [String: String], status: Int, to method: String) {
        if method == "HEAD" || status == 204 || status == 304 || status < 200 {
            self = .length(0)
        } else if headers["transfer-encoding"]?.lowercased().contains("chunked") == true {
            self = .chunked(ChunkedScanner())
        } else if let length = headers["content-length"].flatMap({ Int($0) }) {
            self = .length(length)
        } else {
            self = .untilClose
        }
    }

    var isOver: Bool {
        switch self {
        case .length(let left): left == 0
        case .chunked(let scanner): scanner.isOver
        case .untilClose: false
        }
    }

    /// What is known of its length before it comes.
    var expected: Int? { if case .length(let left) = self { left } else { nil } }

    /// Takes the next bytes of the stream; returns how many of them belong to the body.
    mutating func accept(_ bytes: UnsafeRawBufferPointer) -> Int {
        switch self {
        case .length(let left):
            let count = min(left, bytes.count)
            self = .length(left - count)
            return count
        case .chunked(var scanner):
            let count = scanner.accept(bytes)
            self = .chunked(scanner)
            return count
        case .untilClose: return bytes.count
        }
    }
}

/// Follows a chunked body to its end.
struct ChunkedScanner {
    private enum State {
        /// In the hexadecimal digits of a chunk's length.
        case size(Int)
        /// In what follows them in their line.
        case extensions(Int)
        case data(Int)
        /// At the end of a chunk's data.
        case dataEnd
        /// In a line after the last chunk, of so many bytes until now.
        case trailer(Int)
        case over
    }

    private var state = State.size(0)

    var isOver: Bool { if case .over = state { true } else { false } }

    /// Takes the next bytes of the stream; returns how many of them belong to the body.
    mutating func accept(_ bytes: UnsafeRawBufferPointer) -> Int {
        var index = 0
        while index < bytes.count, !isOver {
            if case .data(let left) = state {
                let count = min(left, bytes.count - index)
                index += count
                state = count == left ? .dataEnd : .data(left - count)
            } else {
                accept(bytes[index])
                index += 1
            }
        }
        return index
    }

    private mutating func accept(_ byte: UInt8) {
        let isLineEnd = byte == UInt8(ascii: "\n")
        switch state {
        case .size(let size), .extensions(let size):
            if isLineEnd {
                state = size == 0 ? .trailer(0) : .data(size)
            } else if case .size = state, let digit = Int(String(UnicodeScalar(byte)), radix: 16) {
                state = .size(size * 16 + digit)
            } else {
                state = .extensions(size)
            }
        case .dataEnd: if isLineEnd { state = .size(0) }
        case .trailer(let count):
            if isLineEnd {
                state = count == 0 ? .over : .trailer(0)
            } else if byte != UInt8(ascii: "\r") {
                state = .trailer(count + 1)
            }
        case .data, .over: break
        }
    }
}
