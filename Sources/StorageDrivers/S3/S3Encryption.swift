import Cryptography
import ServiceRuntime
import StowageContract
import Transfer

extension S3Configuration.Encryption: Decodable {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case mode, keyId, key
    }

    package init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: CodingKeys.self)
        let id = try keys.decodeIfPresent(String.self, forKey: .keyId)
        let key = try keys.decodeIfPresent(Secret.self, forKey: .key)
        switch (try keys.decode(String.self, forKey: .mode), id, key) {
        case ("sse-s3", nil, nil): self = .store
        case ("sse-kms", let id, nil):
            if let id, !id.isVisibleASCII { throw Self.problem(.keyId, "has characters that it cannot have") }
            self = .keyService(id: id)
        case ("sse-c", nil, let key?):
            guard Base64.decode(key.exposed)?.count == 32 else {
                throw Self.problem(.key, "must be 32 bytes in base64")
            }
            self = .customer(key: key)
        default:
            throw Self.problem(.mode, "must be sse-s3, sse-kms (with keyId or without) or sse-c (with key)")
        }
    }

    private static func problem(_ key: CodingKeys, _ message: String) -> DecodingError {
        .dataCorrupted(.init(codingPath: [key], debugDescription: key.rawValue + " " + message))
    }
}

extension S3Configuration.Encryption {
    /// What goes with the request that makes an object.
    func addCreating(to headers: inout TransferHeaders) {
        switch self {
        case .store: headers.add("x-amz-server-side-encryption", "AES256")
        case .keyService(let id):
            headers.add("x-amz-server-side-encryption", "aws:kms")
            if let id { headers.add("x-amz-server-side-encryption-aws-kms-key-id", id) }
        case .customer: addKey(to: &headers)
        }
    }

    /// What goes with every request that touches the bytes of an object: the customer's key.
    func addKey(to headers: inout TransferHeaders) {
        guard case .customer(let key) = self, let bytes = Base64.decode(key.exposed) else { return }
        headers.add("x-amz-server-side-encryption-customer-algorithm", "AES256")
        headers.add("x-amz-server-side-encryption-customer-key", key.exposed)
        headers.add("x-amz-server-side-encryption-customer-key-MD5", Base64.encode(MD5Hasher.digest(of: bytes)))
    }

    /// Whether the entity tags of what it encrypts are still MD5.
    var keepsEntityTags: Bool { self == .store }
}

extension String {
    /// Printable ASCII without the space.
    var isVisibleASCII: Bool { !utf8.isEmpty && utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } }
}

extension UInt8 {
    var isLetterOrDigit: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
