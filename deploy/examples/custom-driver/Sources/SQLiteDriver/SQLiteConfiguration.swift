/// The keys of `type: sqlite`.
public struct SQLiteConfiguration: Decodable, Sendable {
    /// The database file: an absolute path, in a folder that is there.
    public var path: String

    private enum CodingKeys: CodingKey { case path }

    /// A configuration from its parts.
    public init(path: String) { self.path = path }

    /// Whoever decodes is strict: keys that are not asked for here are refused, with the nearest known one.
    public init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: CodingKeys.self)
        path = try keys.decode(String.self, forKey: .path)
        guard path.utf8.first == UInt8(ascii: "/"), !path.utf8.contains(0) else {
            throw DecodingError.dataCorruptedError(
                forKey: .path, in: keys, debugDescription: "path must be an absolute path")
        }
    }
}
