package import StowageContract
import StrictCoding

/// The keys of `type: local`.
package struct LocalFileConfiguration: Decodable, Sendable {
    /// The root of the store: an absolute path to a folder that is there.
    package var path: String
    /// What a store waits for: `full` (bytes and names), `file` (bytes), `none`.
    package var durability: Durability
    /// The permission bits of archives and records; octal, as text or number.
    package var fileMode: UInt32
    /// The permission bits of folders; octal, as text or number.
    package var directoryMode: UInt32

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case path, durability, fileMode, directoryMode
    }

    package init(
        path: String, durability: Durability = .full, fileMode: UInt32 = 0o440, directoryMode: UInt32 = 0o750
    ) {
        self.path = path
        self.durability = durability
        self.fileMode = fileMode
        self.directoryMode = directoryMode
    }

    package init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: CodingKeys.self)
        path = try keys.decode(String.self, forKey: .path)
        guard path.utf8.first == UInt8(ascii: "/"), !path.utf8.contains(0) else {
            throw Self.problem(.path, "must be an absolute path")
        }
        durability = .full
        if let text = try keys.decodeIfPresent(String.self, forKey: .durability) {
            guard let known = Durability(rawValue: text), known != .store else {
                throw Self.problem(.durability, "must be one of full, file, none")
            }
            durability = known
        }
        fileMode = try keys.decodeIfPresent(OctalMode.self, forKey: .fileMode)?.bits ?? 0o440
        directoryMode = try keys.decodeIfPresent(OctalMode.self, forKey: .directoryMode)?.bits ?? 0o750
        // Without these bits the worker could not come back to what it wrote.
        guard fileMode & 0o400 != 0 else { throw Self.problem(.fileMode, "must let the owner read") }
        guard directoryMode & 0o700 == 0o700 else {
            throw Self.problem(.directoryMode, "must let the owner read, write and search")
        }
    }

    private static func problem(_ key: CodingKeys, _ message: String) -> DecodingError {
        .dataCorrupted(.init(codingPath: [key], debugDescription: key.rawValue + " " + message))
    }
}

/// Permission bits as people write them: `"0440"`, `440` or `0o440` all mean the same.
private struct OctalMode: Decodable {
    var bits: UInt32

    init(from decoder: any Decoder) throws {
        let text: String
        switch try JSONValue(from: decoder) {
        case .integer(let number): text = String(number)
        case .string(let string): text = string
        default: throw Self.problem(decoder)
        }
        let digits = text.utf8.starts(with: "0o".utf8) ? String(text.dropFirst(2)) : text
        guard let bits = UInt32(digits, radix: 8), bits <= 0o777 else {
            throw Self.problem(decoder)
        }
        self.bits = bits
    }
    private static func problem(_ decoder: any Decoder) -> DecodingError {
        .dataCorrupted(
            .init(codingPath: decoder.codingPath, debugDescription: "it is no octal permission such as 0440"))
    }
}
