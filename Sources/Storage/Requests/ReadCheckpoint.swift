package import Cryptography
import StrictCoding

/// Where a long read goes on in another delivery: what was read, and the state of its digest.
///
/// It travels in a header that only workers set, and is believed: nothing but a second read could prove it.
package struct ReadCheckpoint: Equatable {
    private static let mostBytes = 1024

    /// What tells the bytes that are read from any others: 64 hexadecimal digits.
    package var subject: String
    /// The digest so far; its count says where to go on.
    package var hash: PausedSHA256

    package init(subject: String, hash: PausedSHA256) {
        self.subject = subject
        self.hash = hash
    }

    /// What a header says; `nil`: nothing that counts.
    package init?(text: String) {
        guard text.utf8.count <= Self.mostBytes, let json = try? JSONParser.parse(Array(text.utf8)),
            case .object(let object) = json, object.members.count == 3, json["version"] == .integer(1),
            let subject = json["subject"]?.string, SHA256Digest(hexadecimal: subject)?.hexadecimal == subject,
            let digits = json["sha256"]?.string, let bytes = Hexadecimal.decode(digits),
            let hash = PausedSHA256(bytes: bytes), hash.count > 0
        else { return nil }
        self.subject = subject
        self.hash = hash
    }

    /// As it stands in a header.
    package var text: String {
        JSONWriter.text(
            of: .object(
                JSONObject(unique: [
                    .init("version", .integer(1)),
                    .init("subject", .string(subject)),
                    .init("sha256", .string(Hexadecimal.encode(hash.bytes))),
                ])))
    }
}
