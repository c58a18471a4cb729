/// A binding key of a topic exchange: `*` stands for one word, `#` for any number of them.
struct TopicPattern: Sendable {
    private let words: [Substring.UTF8View]

    init(_ pattern: String) {
        words = Self.words(of: pattern)
    }

    func matches(_ routingKey: String) -> Bool {
        Self.matches(words[...], Self.words(of: routingKey)[...])
    }

    private static func words(of text: String) -> [Substring.UTF8View] {
        if text.isEmpty { return [] }
        return text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
            .map { Substring($0).utf8 }
    }

    private static func matches(_ pattern: ArraySlice<Substring.UTF8View>, _ key: ArraySlice<Substring.UTF8View>)
        -> Bool
    {
        guard let word = pattern.first else { return key.isEmpty }
        if word.elementsEqual("#".utf8) {
            return (key.startIndex...key.endIndex).contains { matches(pattern.dropFirst(), key[$0...]) }
        }
        guard let next = key.first, word.elementsEqual("*".utf8) || word.elementsEqual(next) else { return false }
        return matches(pattern.dropFirst(), key.dropFirst())
    }
}
