package import ServiceRuntime
import StrictCoding
package import Transfer

/// The keys of `type: ftp`.
package struct FTPConfiguration: Decodable, Sendable {
    package var host: String
    /// `nil`: 21, and 990 for implicit TLS.
    package var port: Int?
    /// `nil`: anonymous.
    package var user: String?
    package var password: Secret?
    /// The folder of the store, from the server's root as the user sees it, without slashes at its ends.
    package var path = ""
    package var tls = FTPClientConfiguration.Security.explicit
    /// Certificates (PEM) to trust instead of the system's.
    package var ca: String?

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case host, port, user, password, path, tls, ca
    }

    package init(host: String) {
        self.host = host
    }

    package init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: CodingKeys.self)
        self.init(host: try keys.decode(String.self, forKey: .host))
        guard (try? TransferURL("ftp://\(host.contains(":") ? "[\(host)]" : host)/"))?.path == "/" else {
            throw Self.problem(.host, "must be the name or the address of a host")
        }
        port = try keys.decodeIfPresent(Int.self, forKey: .port)
        if let port, !(1...65_535).contains(port) { throw Self.problem(.port, "must be between 1 and 65535") }
        user = try keys.decodeIfPresent(String.self, forKey: .user)
        password = try keys.decodeIfPresent(Secret.self, forKey: .password)
        if password != nil, user == nil { throw Self.problem(.password, "belongs to user") }
        for (key, text) in [(CodingKeys.user, user), (.password, password?.exposed)] {
            guard let text, !Self.isLine(text) else { continue }
            throw Self.problem(key, "must not have control characters")
        }
        let segments = (try keys.decodeIfPresent(String.self, forKey: .path) ?? "/").split(separator: "/")
        path = segments.joined(separator: "/")
        guard Self.isLine(path), !segments.contains("."), !segments.contains("..") else {
            throw Self.problem(.path, "must be a path without '.', '..' and control characters")
        }
        if let text = try keys.decodeIfPresent(String.self, forKey: .tls) {
            guard let known = FTPClientConfiguration.Security(rawValue: text) else {
                throw Self.problem(.tls, "must be one of explicit, implicit, none")
            }
            tls = known
        }
        ca = try keys.decodeIfPresent(String.self, forKey: .ca)
    }

    private static func isLine(_ text: String) -> Bool { text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F } }

    private static func problem(_ key: CodingKeys, _ message: String) -> DecodingError {
        .dataCorrupted(.init(codingPath: [key], debugDescription: key.rawValue + " " + message))
    }
}
