import StowageContract
import StrictCoding

/// What lies beside a partial file: how much of it is safe, and what it is the beginning of.
///
/// Only a claim: a note that is missing, cut off or of something else is none, and the whole is proved in the end.
struct FileServerNote: Equatable, Sendable {
    /// The body's `origin`.
    var origin: String
    var bytes: Int64
    /// The state of the digest behind these bytes (`ResumableBody.checkpoint`).
    var checkpoint: String

    init(origin: String, bytes: Int64, checkpoint: String) {
        self.origin = origin
        self.bytes = bytes
        self.checkpoint = checkpoint
    }

    init?(_ document: [UInt8]) {
        guard let json = try? JSONParser.parse(document), json["version"] == .integer(1),
            let origin = json["origin"]?.string, case .integer(let bytes)? = json["bytes"], bytes > 0,
            let checkpoint = json["checkpoint"]?.string
        else { return nil }
        self.init(origin: origin, bytes: bytes, checkpoint: checkpoint)
    }

    var document: [UInt8] {
        JSONWriter.bytes(
            of: .object(
                JSONObject(unique: [
                    .init("version", .integer(1)),
                    .init("origin", .string(origin)),
                    .init("bytes", .integer(bytes)),
                    .init("checkpoint", .string(checkpoint)),
                ])))
    }
}
