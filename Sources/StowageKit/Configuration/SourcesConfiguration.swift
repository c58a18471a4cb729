package import ServiceRuntime
import StrictCoding

/// What tasks may fetch from and send to over the network.
package struct SourcesConfiguration: Sendable {
    /// What a request carries so that its server knows us.
    package struct Credentials: Sendable {
        package var user: String?
        package var password: Secret?
        /// In the order of the file.
        package var headers: [(name: String, value: Secret)] = []
    }

    /// Hosts: `files.example.org`, `*.example.org`, with `:port` where only that one is allowed.
    package var allow: [String] = []
    /// By the name that a task uses.
    package var credentials: [String: Credentials] = [:]

    init(_ section: ConfigurationSection) {
        allow =
            section.list("allow") { host in
                Self.isHost(host)
                    ? .success(host)
                    : .failure(.init("must be a host such as files.example.org, *.example.org or 10.0.0.7:8080"))
            } ?? allow
        let named = section.section("credentials")
        for name in named.names { credentials[name] = Self.credentials(named.section(name)) }
        section.finish()
    }

    private static func credentials(_ section: ConfigurationSection) -> Credentials {
        var credentials = Credentials()
        credentials.user = section.string("user")
        credentials.password = section.string("password").map { Secret($0) }
        let headers = section.section("headers")
        for name in headers.names {
            guard let value = headers.string(name) else { continue }
            if name.isEmpty || !name.utf8.allSatisfy(isToken) || value.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F })
            {
                headers.refuse(name, "is no header that can be sent")
            }
            credentials.headers.append((name, Secret(value)))
        }
        if credentials.user == nil, credentials.password != nil {
            section.refuse("user", "is missing: the password needs one")
        }
        section.finish()
        return credentials
    }

    private static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }

    private static func isHost(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "*.-:[]_".utf8.contains(byte)
                }
            }
    }
}
