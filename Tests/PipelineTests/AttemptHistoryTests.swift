import Pipeline
import StowageContract
import Testing

@Suite("Attempt history")
struct AttemptHistoryTests {
    private func record(_ number: Int, _ message: String) throws -> AttemptRecord {
        AttemptRecord(
            number: number, driver: try #require(DriverName("archive")), startedAt: nil, endedAt: nil, worker: "w-1",
            code: .unavailable, message: message, ambiguous: false)
    }

    /// Messages whose characters have many bytes: one, a few, or all of them.
    static let messages = [
        String(repeating: "x", count: 5000), String(repeating: "é", count: 5000),
        String(repeating: "👩‍👩‍👧‍👦", count: 500), "e" + String(repeating: "\u{301}", count: 9000),
    ]

    @Test("messages are cut by bytes, whatever they are written in", arguments: messages, [2, 80])
    func bytes(_ message: String, _ count: Int) throws {
        let text = AttemptHistory(records: try (1...count).map { try record($0, message) }).text
        #expect(text.utf8.count <= AttemptHistory.maximumBytes)
        let records = AttemptHistory(text).records
        #expect(records.first?.number == 1 && records.last?.number == count)
        #expect(
            records.allSatisfy { record in
                let message = record.message ?? ""
                return (100...AttemptHistory.messageBytes).contains(message.utf8.count) && !message.contains("\u{FFFD}")
            })
    }

    @Test("a text is cut between code points, to nothing if need be", arguments: messages)
    func cut(_ message: String) {
        for limit in [0, 1, 2, 3, 7, 120, 2048] {
            let text = message.cut(toBytes: limit)
            #expect(text.utf8.count <= limit && text.utf8.count > limit - 4)
            #expect(message.utf8.starts(with: text.utf8))
        }
        #expect("short".cut(toBytes: 5) == "short")
    }

    @Test("counting on from an absurd number does not end the worker")
    func saturates() throws {
        var envelope = TaskEnvelope()
        #expect(envelope.sequence == 1)
        envelope.history = [try record(.max, "said by a trusted user")]
        #expect(envelope.sequence == .max)
        envelope.history = [try record(.min, "said by a trusted user")]
        #expect(envelope.sequence == 1)
    }
}
