package import Foundation

extension RabbitMQServer {
    /// Asks the HTTP API of the node as its administrator; returns the answer's body.
    ///
    /// - Throws: where the answer is no success.
    @discardableResult
    package func manage(_ method: String, _ path: String, _ document: Any? = nil) async throws -> Data {
        let bytes = try document.map { [UInt8](try JSONSerialization.data(withJSONObject: $0)) }
        return try await manage(method, path, bytes: bytes)
    }

    /// The same with a document that is written already.
    @discardableResult
    package func manage(_ method: String, _ path: String, bytes: [UInt8]?) async throws -> Data {
        let folder = try TemporaryFolder()
        var command = [
            "curl", "--silent", "--show-error", "--fail-with-body", "--max-time", "30", "--request", method,
            "--header", "content-type: application/json", managementURL + "/api/" + path,
        ]
        if let bytes { command += ["--data-binary", "@" + (try folder.write(bytes, to: "body"))] }
        return Data(try await ChildProcess.run(command).utf8)
    }

    /// Percent-encodes everything but letters and digits.
    package static func encoded(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? text
    }

    /// The URL of a virtual host for one of its users.
    package func url(user: String, password: String, virtualHost: String) -> String {
        let place = url.split(separator: "@").last?.split(separator: "/").first ?? ""
        return "amqp://\(user):\(password)@\(place)/\(Self.encoded(virtualHost))"
    }

    /// Makes a virtual host with a user for each part, with the rights that `deploy/rabbitmq/permissions.sh` gives.
    package func makeVirtualHost(_ name: String, roles: [(option: String, user: String)], password: String) async throws
    {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        // In place of rabbitmqctl, which takes a second a call: the calls are written down and made at once.
        let calls = try await ChildProcess.run(
            [root.appendingPathComponent("deploy/rabbitmq/permissions.sh").path, "--vhost", name]
                + roles.flatMap { ["--" + $0.option, $0.user] }, ["RABBITMQCTL": #"printf %s\n"#])
        var permissions: [[String: String]] = []
        var topicPermissions: [[String: String]] = []
        var lines = calls.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }[...]
        while lines.count >= 7 {
            let call = Array(lines.prefix(7))
            lines = lines.dropFirst(7)
            switch call[0] {
            case "set_permissions":
                permissions.append([
                    "vhost": call[2], "user": call[3], "configure": call[4], "write": call[5], "read": call[6],
                ])
            case "set_topic_permissions":
                topicPermissions.append([
                    "vhost": call[2], "user": call[3], "exchange": call[4], "write": call[5], "read": call[6],
                ])
            default: throw Failure(description: "permissions.sh calls rabbitmqctl \(call)")
            }
        }
        let users = roles.map { ["name": $0.user, "password": password, "tags": ""] }
        try await manage(
            "POST", "definitions",
            [
                "vhosts": [["name": name]], "users": users, "permissions": permissions,
                "topic_permissions": topicPermissions,
            ] as [String: Any])
    }

    /// Cuts every connection into a virtual host; returns how many there were.
    @discardableResult
    package func cutConnections(of virtualHost: String, user: String? = nil) async throws -> Int {
        let list = try await manage("GET", "connections?columns=name,vhost,user")
        let all = try JSONSerialization.jsonObject(with: list) as? [[String: Any]] ?? []
        let names = all.compactMap { connection -> String? in
            guard connection["vhost"] as? String == virtualHost else { return nil }
            if let user, connection["user"] as? String != user { return nil }
            return connection["name"] as? String
        }
        for name in names { _ = try? await manage("DELETE", "connections/" + Self.encoded(name)) }
        return names.count
    }
}
