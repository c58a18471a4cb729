import Storage
import StowageContract
import StrictCoding

/// What lies beside a partial file: how much of it is safe, and what it is the beginning of.
///
/// Only a claim, which `ResumableBody.resume` proves: a record that is missing or unreadable is none.
struct CheckpointRecord: Equatable {
    /// The body's `origin`.
    var origin: String
    var prefix: ArchivePrefix

    init(origin: String, prefix: ArchivePrefix) {
        self.origin = origin
        self.prefix = prefix
    }

    init?(bytes: [UInt8]) {
        guard let json = try? JSONParser.parse(bytes), json["version"] == .integer(1),
            let origin = json["origin"]?.string, case .integer(let count)? = json["bytes"], count > 0,
            let sha256 = json["sha256"]?.string
        else { return nil }
        self.origin = origin
        self.prefix = ArchivePrefix(bytes: count, sha256: sha256)
    }

    var bytes: [UInt8] {
        JSONWriter.bytes(
            of: .object(
                JSONObject(unique: [
                    .init("version", .integer(1)),
                    .init("origin", .string(origin)),
                    .init("bytes", .integer(prefix.bytes)),
                    .init("sha256", .string(prefix.sha256)),
                ])))
    }
}

/// When a local store leaves checkpoints.
package struct CheckpointPolicy: Sendable {
    /// Archives that are known to have fewer bytes are begun anew instead.
    package var leastBytes: Int64
    /// A checkpoint is due after that many bytes.
    package var everyBytes: Int64
    /// Or after that time, for sources that bring little.
    package var everyMilliseconds: Int64

    /// The values are those of the documentation unless a test says otherwise.
    package init(leastBytes: Int64 = 64 << 20, everyBytes: Int64 = 64 << 20, everyMilliseconds: Int64 = 10_000) {
        self.leastBytes = leastBytes
        self.everyBytes = everyBytes
        self.everyMilliseconds = everyMilliseconds
    }
}
