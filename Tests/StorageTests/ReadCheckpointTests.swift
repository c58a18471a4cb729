import Cryptography
import Storage
import Testing

@Suite("Checkpoint of a read")
struct ReadCheckpointTests {
    private static let subject = SHA256Hasher.digest(of: [1]).hexadecimal

    private static func checkpoint(_ count: Int) -> ReadCheckpoint {
        var hasher = PausableSHA256Hasher()
        hasher.update([UInt8](repeating: 3, count: count))
        return ReadCheckpoint(subject: subject, hash: hasher.paused)
    }

    @Test("is read from what it writes", arguments: [1, 63, 64, 1 << 20])
    func roundTrip(count: Int) {
        let checkpoint = Self.checkpoint(count)
        #expect(ReadCheckpoint(text: checkpoint.text) == checkpoint)
        #expect(checkpoint.text.utf8.count < 400)
    }

    @Test("anything odd is none")
    func odd() {
        let text = Self.checkpoint(70).text
        let (subject, other) = (Self.subject, String(repeating: "0", count: 64))
        let odd = [
            "", "{}", "null", "[]", "7", text.dropLast() + ",\"more\":1}", String(text.dropLast()), text + " x",
            text.replacing("\"version\":1", with: "\"version\":2"),
            text.replacing("\"version\":1", with: "\"version\":\"1\""),
            text.replacing(subject, with: subject.uppercased()), text.replacing(subject, with: subject.dropLast()),
            text.replacing(subject, with: subject + "0"), text.replacing("\"sha256\"", with: "\"sha512\""),
            text.replacing("\"sha256\":\"", with: "\"sha256\":\"0"),
            text.replacing("\"sha256\":\"", with: "\"sha256\":\"00"),
            text.replacing("\"sha256\":\"", with: "\"sha256\":\"zz"),
            String(repeating: " ", count: 2000) + text, Self.checkpoint(0).text,
        ].map { String($0) }
        for text in odd { #expect(ReadCheckpoint(text: text) == nil, "\(text)") }
        #expect(ReadCheckpoint(text: text.replacing(subject, with: other)) != nil)
    }
}
