import Cryptography
import StowageContract

/// A checksum that may be known only when the body has gone, and follow it.
enum TrailingChecksum: String, Sendable, CaseIterable {
    case crc32c
    case sha256

    /// The name of its field, in lower case.
    var trailer: String { "x-amz-checksum-\(rawValue)" }

    /// As stores call it.
    var algorithm: String { rawValue.uppercased() }

    /// Its element in the end of an upload.
    var element: String { "Checksum" + algorithm }

    /// How many bytes it has.
    var byteCount: Int {
        switch self {
        case .crc32c: 4
        case .sha256: SHA256Digest.byteCount
        }
    }
}

/// Computes one while the bytes pass.
struct RunningChecksum: ~Copyable {
    private let checksum: TrailingChecksum
    private var crc32c = CRC32C()
    private var sha256: SHA256Hasher?

    init(_ checksum: TrailingChecksum) {
        self.checksum = checksum
        self.sha256 = checksum == .sha256 ? SHA256Hasher() : nil
    }

    mutating func update(_ bytes: [UInt8]) {
        switch checksum {
        case .crc32c: crc32c.update(bytes)
        case .sha256: sha256?.update(bytes)
        }
    }

    /// The line that follows the last chunk.
    var line: String { "\(checksum.trailer):\(value)\r\n" }

    /// What it is of the bytes so far, in base64.
    var value: String { Base64.encode(bytes) }

    private var bytes: [UInt8] {
        switch checksum {
        case .crc32c: crc32c.bytes
        case .sha256: sha256?.digestSoFar().bytes ?? []
        }
    }
}
