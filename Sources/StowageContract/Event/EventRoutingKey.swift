/// The routing keys of events: `<outcome>.<driver>.<operation>.<app>`.
public enum EventRoutingKey {
    /// The key of an event about a task; what is not known is `none`, what cannot stand in a key is `invalid`.
    public static func task(_ type: EventType, driver: String?, operation: String?, app: String?) -> String {
        [type.outcome, part(driver), part(operation), part(app.map(reduced))].joined(separator: ".")
    }

    /// The key of an event about a driver.
    public static func driver(_ type: EventType, driver: DriverName) -> String {
        "\(type.outcome).\(driver.text).none.none"
    }

    private static func part(_ text: String?) -> String {
        guard let text else { return "none" }
        return (1...63).contains(text.utf8.count) && text.utf8.allSatisfy(\.isKeyCharacter) ? text : "invalid"
    }

    /// An `app-id` in lower case without what is not in `[a-z0-9-]`.
    private static func reduced(_ app: String) -> String {
        let bytes = app.utf8.compactMap { byte -> UInt8? in
            let lower = (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
            return lower.isKeyCharacter ? lower : nil
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension UInt8 {
    /// Whether it is in `[a-z0-9-]`.
    fileprivate var isKeyCharacter: Bool {
        (0x61...0x7A).contains(self) || (0x30...0x39).contains(self) || self == UInt8(ascii: "-")
    }
}

extension TaskEvent {
    /// The routing key under which the event is published.
    public var routingKey: String {
        EventRoutingKey.task(
            type, driver: driver?.text, operation: operation?.rawValue,
            app: requestedByApp.flatMap { $0.isEmpty ? nil : $0 })
    }

    /// What kind of event it is.
    public var type: EventType {
        switch happening {
        case .succeeded: .succeeded
        case .failed: .failed
        case .cancelled: .cancelled
        case .retrying: .retrying
        case .failedOver: .failedOver
        case .progress: .progress
        case .sourceKept: .sourceKept
        }
    }
}
