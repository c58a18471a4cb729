import ServiceRuntime
import Storage
import StowageContract
import StrictCoding

/// What the endpoints of containers and machines answer; pure.
enum LentCredentials {
    /// The largest answer that is read.
    static let answerBytes = 65_536

    /// The credentials in `answer`: `AccessKeyId`, `SecretAccessKey`, `Token` and `Expiration`, the last two where there are any.
    static func read(_ answer: [UInt8]) throws(StorageError) -> S3Credentials {
        let json: JSONValue
        do throws(JSONSyntaxError) {
            json = try JSONParser.parse(answer)
        } catch {
            // Not a word of it: it may hold half a secret.
            throw unusable("the answer with the credentials is no JSON")
        }
        if let code = json["Code"]?.string, code != "Success" {
            throw StorageError(
                .unauthenticated, .transient(after: nil), "the endpoint has no credentials for us",
                context: ["code": String(code.prefix(64))])
        }
        guard let accessKey = json["AccessKeyId"]?.string, !accessKey.isEmpty,
            let secretKey = json["SecretAccessKey"]?.string, !secretKey.isEmpty
        else { throw unusable("the answer with the credentials has no keys") }
        var credentials = S3Credentials(accessKey: accessKey, secretKey: Secret(secretKey))
        credentials.sessionToken = json["Token"]?.string.flatMap { $0.isEmpty ? nil : Secret($0) }
        if let expiration = json["Expiration"]?.string {
            guard let time = Timestamp(expiration) else {
                throw unusable("the answer with the credentials has no readable expiration")
            }
            credentials.expiresAt = time
        }
        return credentials
    }

    private static func unusable(_ message: String) -> StorageError {
        StorageError(.unavailable, .transient(after: nil), message)
    }
}
