@testable import Messaging
import Testing

@Suite("Topic patterns")
struct TopicPatternTests {
    @Test(
        "* is one word and # any number",
        arguments: [
            ("a.b", "a.b", true), ("a.b", "a.c", false), ("a.*", "a.b", true), ("a.*", "a", false),
            ("a.*", "a.b.c", false), ("a.#", "a", true), ("a.#", "a.b.c", true), ("#", "", true), ("#", "a.b", true),
            ("*", "", false), ("#.b", "b", true), ("#.b", "a.a.b", true), ("#.b", "b.a", false),
            ("a.#.c", "a.c", true), ("a.#.c", "a.b.b.c", true), ("*.*.*.moodle", "failed.s3.store.moodle", true),
            ("é.*", "e\u{301}.x", false), ("", "", true), ("a..b", "a..b", true), ("a.*.b", "a..b", true),
        ])
    func matches(_ pattern: String, _ key: String, _ expected: Bool) {
        #expect(TopicPattern(pattern).matches(key) == expected)
    }
}
