package import Pipeline
import ServiceRuntime
import StowageContract
import StrictCoding

/// What tasks may fetch from and send to over the network.
package struct SourcesConfiguration: Sendable {
    /// Hosts, and addresses that are not public.
    package var allow = HostAllowList()
    /// By the name that a task uses.
    package var credentials: [String: LocationCredentials] = [:]

    init(_ section: ConfigurationSection) {
        allow = HostAllowList(section.list("allow", HostAllowList.Entry.read) ?? [])
        let named = section.section("credentials")
        for name in named.names { credentials[name] = Self.credentials(named.section(name)) }
        section.finish()
    }

    private static func credentials(_ section: ConfigurationSection) -> LocationCredentials {
        var credentials = LocationCredentials(
            hosts: HostAllowList(section.list("hosts", HostAllowList.Entry.read) ?? []))
        switch section.value("hosts") {
        case nil: section.refuse("hosts", "is missing: name the hosts that may see the credentials")
        case .array(let hosts)? where hosts.isEmpty: section.refuse("hosts", "must not be empty")
        default: break
        }
        credentials.allowsHTTP = section.bool("allowHTTP") ?? false
        credentials.user = section.string("user")
        credentials.password = section.string("password").map { Secret($0) }
        if credentials.user == nil, credentials.password != nil {
            section.refuse("user", "is missing: the password needs one")
        }
        for text in [credentials.user, credentials.password?.exposed] where text?.isHeaderText == false {
            section.refuse(text == credentials.user ? "user" : "password", "must have no control characters")
        }
        if credentials.user?.utf8.contains(UInt8(ascii: ":")) == true { section.refuse("user", "must have no colon") }
        if let token = section.string("bearerToken") {
            credentials.headers.append(("Authorization", Secret("Bearer " + token)))
            if !token.isHeaderText { section.refuse("bearerToken", "must have no control characters") }
            if credentials.user != nil { section.refuse("bearerToken", "and user are both there; give one of them") }
        }
        readHeaders(section.section("headers"), into: &credentials)
        readKeys(section, into: &credentials)
        if credentials.user == nil, credentials.password == nil, credentials.headers.isEmpty {
            section.refuse("", "has nothing to send: give user and password, bearerToken or headers")
        }
        section.finish()
        return credentials
    }

    /// For `sftp`, which proves both sides by keys.
    private static func readKeys(_ section: ConfigurationSection, into credentials: inout LocationCredentials) {
        credentials.secureShell.privateKeyFile = section.string("privateKeyFile")
        credentials.secureShell.passphrase = section.string("passphrase").map { Secret($0) }
        credentials.secureShell.knownHostsFile = section.string("knownHostsFile")
        credentials.secureShell.hostKeyFingerprint = section.string("hostKeyFingerprint")
        if credentials.secureShell.privateKeyFile != nil, credentials.user == nil {
            section.refuse("user", "is missing: the key needs one")
        }
        if credentials.secureShell.passphrase != nil, credentials.secureShell.privateKeyFile == nil {
            section.refuse("passphrase", "is there without privateKeyFile")
        }
    }

    private static func readHeaders(_ section: ConfigurationSection, into credentials: inout LocationCredentials) {
        let hasAuthorization = credentials.user != nil || !credentials.headers.isEmpty
        for name in section.names {
            guard let value = section.string(name) else { continue }
            if name.isEmpty || !name.utf8.allSatisfy(isToken) || !value.isHeaderText {
                section.refuse(name, "is no header that can be sent")
            } else if TaskURL.isReserved(header: name) {
                section.refuse(name, "is set by the worker and cannot be given")
            } else if hasAuthorization, name.lowercased() == "authorization" {
                section.refuse(name, "is there besides user or bearerToken; give one of them")
            }
            credentials.headers.append((name, Secret(value)))
        }
    }

    private static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}

extension String {
    fileprivate var isHeaderText: Bool { utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F } }
}
