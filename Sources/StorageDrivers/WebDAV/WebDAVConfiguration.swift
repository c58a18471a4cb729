package import ServiceRuntime
import StrictCoding
import Transfer

/// The keys of `type: webdav`.
package struct WebDAVConfiguration: Decodable, Sendable {
    /// The folder that archives lie in; made where it is missing.
    package var url: String
    package var user: String?
    package var password: Secret?
    /// Instead of user and password.
    package var bearerToken: Secret?
    /// Certificates (PEM) to trust instead of the system's.
    package var ca: String?

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case url, user, password, bearerToken, ca
    }

    package init(url: String) {
        self.url = url
    }

    package init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: CodingKeys.self)
        self.init(url: try keys.decode(String.self, forKey: .url))
        user = try keys.decodeIfPresent(String.self, forKey: .user)
        password = try keys.decodeIfPresent(Secret.self, forKey: .password)
        bearerToken = try keys.decodeIfPresent(Secret.self, forKey: .bearerToken)
        ca = try keys.decodeIfPresent(String.self, forKey: .ca)
        do throws(WebDAVAddress.Problem) {
            _ = try WebDAVAddress(url)
        } catch {
            throw Self.problem(.url, error.message)
        }
        guard (user == nil) == (password == nil) else {
            throw Self.problem(user == nil ? .user : .password, "is missing: user and password belong together")
        }
        if bearerToken != nil, user != nil { throw Self.problem(.bearerToken, "cannot stand beside user and password") }
        // Basic cannot say where such a user ends.
        if let user, user.isEmpty || user.utf8.contains(UInt8(ascii: ":")) || !user.isPrintable {
            throw Self.problem(.user, "must have neither a colon nor control characters, and is not empty")
        }
        if let password, !password.exposed.isPrintable { throw Self.problem(.password, "has control characters") }
        if let token = bearerToken?.exposed, token.isEmpty || !token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) {
            throw Self.problem(.bearerToken, "must be made of printable ASCII without blanks")
        }
    }

    private static func problem(_ key: CodingKeys, _ message: String) -> DecodingError {
        .dataCorrupted(.init(codingPath: [key], debugDescription: key.rawValue + " " + message))
    }
}

extension String {
    fileprivate var isPrintable: Bool { utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F } }
}
