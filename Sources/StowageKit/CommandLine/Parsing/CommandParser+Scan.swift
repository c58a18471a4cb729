extension CommandParser {
    /// The tokens of a command line, and what has been made of them.
    struct Scan {
        struct Option {
            /// Without dashes; one letter for a short one.
            var name: String
            var isLong: Bool
            /// Behind `=`, or what follows a letter directly.
            var value: String?

            var shown: String { isLong ? "--\(name.excerptForOption)" : "-\(name.excerptForOption)" }

            func isNamed(_ specification: OptionSpecification) -> Bool {
                isLong
                    ? specification.name.utf8.elementsEqual(name.utf8)
                    : specification.letter.map { String($0).utf8.elementsEqual(name.utf8) } ?? false
            }
        }

        enum Token {
            case option(Option)
            case argument(String)
        }

        var arguments: [String] = []
        var values: [String: [String]] = [:]
        private var rest: ArraySlice<String>
        private var isBehindDashes = false

        init(_ line: [String]) {
            rest = line[...]
        }

        mutating func next() -> Token? {
            guard let text = rest.popFirst() else { return nil }
            // A single dash is a name for standard input.
            guard !isBehindDashes, text.utf8.first == UInt8(ascii: "-"), text.utf8.count > 1 else {
                return .argument(text)
            }
            if text.utf8.elementsEqual("--".utf8) {
                isBehindDashes = true
                return next()
            }
            guard text.utf8.starts(with: "--".utf8) else {
                let letters = text.dropFirst()
                let value = letters.dropFirst()
                return .option(
                    Option(name: String(letters.prefix(1)), isLong: false, value: value.isEmpty ? nil : String(value)))
            }
            let parts = text.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return .option(
                Option(name: String(parts[0]), isLong: true, value: parts.count == 2 ? String(parts[1]) : nil))
        }

        /// The next token whatever it looks like.
        mutating func value() -> String? { rest.popFirst() }

        mutating func pushBack(_ token: String) {
            rest = [token] + rest
        }
    }
}

extension String {
    /// The name as it may stand in a message: without what could steer a terminal, at most 64 characters.
    fileprivate var excerptForOption: String {
        String(
            unicodeScalars.prefix(64).map { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) ? "?" : Character($0) })
    }
}
