import Messaging
package import StrictCoding

extension Topology {
    /// The topology as a definitions file, for `rabbitmqctl import_definitions`.
    ///
    /// `nil` leaves the virtual host out of the objects, for an import into one virtual host.
    package func definitions(virtualHost: String?) -> JSONValue {
        func object(_ members: [JSONObject.Member]) -> JSONValue {
            var all = members
            if let virtualHost { all.append(JSONObject.Member("vhost", .string(virtualHost))) }
            return .object(JSONObject(unique: all))
        }
        var exchanges: [JSONValue] = []
        var queues: [JSONValue] = []
        for item in self.exchanges + self.queues {
            switch item {
            case .exchange(let name, let kind, let arguments):
                exchanges.append(
                    object([
                        .init("name", .string(name)), .init("type", .string(kind.rawValue)), .init("durable", true),
                        .init("auto_delete", false), .init("internal", false), .init("arguments", arguments.json),
                    ]))
            case .queue(let name, let arguments):
                queues.append(
                    object([
                        .init("name", .string(name)), .init("durable", true), .init("auto_delete", false),
                        .init("arguments", arguments.json),
                    ]))
            case .binding: break
            }
        }
        let bindings = self.bindings.map { binding in
            object([
                .init("source", .string(binding.exchange)), .init("destination", .string(binding.queue)),
                .init("destination_type", "queue"), .init("routing_key", .string(binding.routingKey)),
                .init("arguments", [:]),
            ])
        }
        var document = JSONObject()
        if let virtualHost { document["vhosts"] = [["name": .string(virtualHost)]] }
        document["exchanges"] = .array(exchanges)
        document["queues"] = .array(queues)
        document["bindings"] = .array(bindings)
        return .object(document)
    }
}

extension FieldTable {
    /// The arguments as JSON; they are texts and integers only.
    fileprivate var json: JSONValue {
        .object(
            JSONObject(
                fields.map { field in
                    switch field.value {
                    case .integer(let number): .init(field.name, .integer(number))
                    case .string(let text): .init(field.name, .string(text))
                    default: .init(field.name, .null)
                    }
                }))
    }
}
