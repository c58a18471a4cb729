package import ServiceRuntime

/// Where and as whom to connect: `amqp[s]://user:password@host[:port][,host[:port]…][/vhost]`.
package struct AMQPURL: Sendable, Equatable {
    /// One of the hosts.
    package struct Host: Sendable, Equatable {
        package var name: String
        package var port: UInt16

        package init(name: String, port: UInt16) {
            self.name = name
            self.port = port
        }
    }

    /// What is wrong with a URL; says nothing of its password.
    package struct Invalid: Error, Sendable, Equatable, CustomStringConvertible {
        package var description: String
    }

    package var isSecure: Bool
    package var hosts: [Host]
    package var user: String
    /// Without one the client certificate says who connects (SASL EXTERNAL).
    package var password: Secret?
    package var virtualHost: String

    /// Percent-decodes user, password and virtual host; nothing or `/` after the hosts is the virtual host `/`.
    ///
    /// The AMQP URI rules make `amqp://host/` the virtual host "", which no broker has: RabbitMQ answers 530 (rule R4).
    package init(_ text: String) throws(Invalid) {
        var rest = Substring(text)
        if rest.hasPrefix("amqps://") {
            isSecure = true
            rest = rest.dropFirst(8)
        } else if rest.hasPrefix("amqp://") {
            isSecure = false
            rest = rest.dropFirst(7)
        } else {
            throw Invalid(description: "the broker URL does not begin with amqp:// or amqps://")
        }
        if rest.contains(where: { $0 == "?" || $0 == "#" }) {
            throw Invalid(description: "the broker URL has a query; parameters are keys of the configuration")
        }
        var path: Substring?
        if let slash = rest.firstIndex(of: "/") {
            path = rest[rest.index(after: slash)...]
            rest = rest[..<slash]
        }
        user = "guest"
        password = Secret("guest")
        if let at = rest.lastIndex(of: "@") {
            let login = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            user = try Self.decode(login[0], "user")
            password = login.count == 2 ? Secret(try Self.decode(login[1], "password")) : nil
            if user.isEmpty { throw Invalid(description: "the broker URL has an empty user") }
            rest = rest[rest.index(after: at)...]
        }
        let standardPort: UInt16 = isSecure ? 5671 : 5672
        var hosts: [Host] = []
        for host in rest.split(separator: ",", omittingEmptySubsequences: false) {
            hosts.append(try Self.host(host, standardPort))
        }
        self.hosts = hosts
        if password == nil, !isSecure {
            throw Invalid(description: "the broker URL has a user without a password, which needs amqps://")
        }
        if path?.contains("/") == true {
            throw Invalid(description: "the virtual host of the broker URL has a '/': write it as %2f")
        }
        let decoded = try Self.decode(path ?? "", "virtual host")
        virtualHost = decoded.isEmpty ? "/" : decoded
    }

    private static func host(_ text: Substring, _ standardPort: UInt16) throws(Invalid) -> Host {
        var name = text
        var port: Substring?
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else {
                throw Invalid(description: "a host of the broker URL has no ']'")
            }
            name = text[text.index(after: text.startIndex)..<end]
            let rest = text[text.index(after: end)...]
            guard rest.isEmpty || rest.hasPrefix(":") else {
                throw Invalid(description: "a host of the broker URL has text after ']'")
            }
            port = rest.isEmpty ? nil : rest.dropFirst()
        } else if let colon = text.firstIndex(of: ":") {
            name = text[..<colon]
            port = text[text.index(after: colon)...]
        }
        if name.isEmpty { throw Invalid(description: "the broker URL has an empty host") }
        guard name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "%") }) else {
            throw Invalid(description: "a host of the broker URL has characters that no host name has")
        }
        guard let port else { return Host(name: String(name), port: standardPort) }
        guard let number = UInt16(port), number > 0, port.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else {
            throw Invalid(description: "the port '\(port)' of the broker URL is no number from 1 to 65535")
        }
        return Host(name: String(name), port: number)
    }

    private static func decode(_ text: Substring, _ part: StaticString) throws(Invalid) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(hexadecimal), let low = rest.popFirst().flatMap(hexadecimal) else {
                throw Invalid(description: "the \(part) of the broker URL has a '%' without two hexadecimal digits")
            }
            bytes.append(high << 4 | low)
        }
        guard !bytes.contains(0), let decoded = String(validating: bytes, as: UTF8.self) else {
            throw Invalid(description: "the \(part) of the broker URL is no UTF-8 text")
        }
        // Short strings in the handshake.
        guard decoded.utf8.count <= 255 else {
            throw Invalid(description: "the \(part) of the broker URL has more than 255 bytes")
        }
        return decoded
    }

    private static func hexadecimal(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}
