import Cryptography
import StrictCoding

/// What stands beside an upload that is under way: that it is ours, and where another worker goes on.
struct S3Checkpoint: Sendable, Equatable {
    /// The parts that are safe, and what goes on behind them.
    struct Progress: Sendable, Equatable {
        var uploadID: String
        /// So many parts, from the first on, lie in the store.
        var parts: Int
        /// SHA-256 over their entity tags, each followed by a newline: 64 hexadecimal digits.
        var tags: String
        /// Where the source goes on: at the end of these parts, or before it by less than one of its chunks.
        var bytes: Int64
        /// `ResumableBody.checkpoint` there.
        var state: String
    }

    /// `ResumableBody.origin`; empty: the upload cannot be gone on with.
    var origin: String
    /// The length of the parts.
    var partBytes: Int
    var progress: Progress?

    /// A digest of entity tags.
    static func digest(ofTags tags: [String]) -> String {
        SHA256Hasher.digest(of: Array(tags.map { $0 + "\n" }.joined().utf8)).hexadecimal
    }

    var bytes: [UInt8] {
        var members: [JSONObject.Member] = [
            .init("version", .integer(1)), .init("origin", .string(origin)),
            .init("partBytes", .integer(Int64(partBytes))),
        ]
        if let progress {
            members += [
                .init("uploadId", .string(progress.uploadID)), .init("parts", .integer(Int64(progress.parts))),
                .init("tags", .string(progress.tags)), .init("bytes", .integer(progress.bytes)),
                .init("state", .string(progress.state)),
            ]
        }
        return JSONWriter.bytes(of: .object(JSONObject(unique: members)))
    }

    init(origin: String, partBytes: Int, progress: Progress? = nil) {
        self.origin = origin
        self.partBytes = partBytes
        self.progress = progress
    }

    /// What a document says; `nil`: nothing that can be gone on from.
    init?(_ bytes: [UInt8]) {
        guard let json = try? JSONParser.parse(bytes), case .object(let object) = json,
            object["version"] == .integer(1), let origin = object["origin"]?.string,
            case .integer(let partBytes) = object["partBytes"]
        else { return nil }
        self.init(origin: origin, partBytes: Int(partBytes))
        if let id = object["uploadId"]?.string, case .integer(let parts) = object["parts"],
            let tags = object["tags"]?.string, case .integer(let bytes) = object["bytes"],
            let state = object["state"]?.string, parts > 0, bytes > 0
        {
            progress = Progress(uploadID: id, parts: Int(parts), tags: tags, bytes: bytes, state: state)
        }
    }
}
