import Cryptography
import ServiceRuntime
import StowageContract

/// What a signature is good for: one day, one region, one service.
struct SigningScope: Sendable, Equatable {
    /// `20130524T000000Z`.
    let moment: String
    let region: String
    let service: String

    init(at time: Timestamp, region: String, service: String) {
        // To the second; the milliseconds are cut.
        let digits = time.text.utf8.prefix(19).filter { $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: ":") }
        self.moment = String(decoding: digits, as: UTF8.self) + "Z"
        self.region = region
        self.service = service
    }

    var day: String { String(moment.prefix(8)) }

    var text: String { "\(day)/\(region)/\(service)/aws4_request" }

    func hasSameKey(as other: SigningScope) -> Bool {
        moment.utf8.prefix(8).elementsEqual(other.moment.utf8.prefix(8)) && region == other.region
            && service == other.service
    }

    /// The key that signs within this scope; it opens nothing else.
    func key(of credentials: S3Credentials) -> SigningKey {
        var key = Array("AWS4\(credentials.secretKey.exposed)".utf8)
        for part in [day, region, service, "aws4_request"] {
            key = HMACSHA256.authenticate(Array(part.utf8), key: key).bytes
        }
        return SigningKey(bytes: key)
    }

    /// What is signed for a request.
    func stringToSign(_ request: CanonicalRequest) -> String {
        "AWS4-HMAC-SHA256\n\(moment)\n\(text)\n\(request.digest.hexadecimal)"
    }
}

/// Signs texts within one scope; nothing prints it.
struct SigningKey: Sendable, CustomReflectable, CustomStringConvertible {
    fileprivate let bytes: [UInt8]

    /// 64 hexadecimal digits.
    func signature(of text: String) -> String {
        HMACSHA256.authenticate(Array(text.utf8), key: bytes).hexadecimal
    }

    var description: String { "‹secret›" }
    var customMirror: Mirror { Mirror(self, children: []) }
}
