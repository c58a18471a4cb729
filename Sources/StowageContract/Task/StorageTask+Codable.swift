import StrictCoding

extension StorageTask: Codable {
    /// The task that any decoder reads, by the rules of a message that says everything itself.
    public init(from decoder: any Decoder) throws {
        self = try Self.read(JSONValue(from: decoder), envelope: TaskEnvelope())
    }

    /// Every member of the task.
    public func encode(to encoder: any Encoder) throws { try json.encode(to: encoder) }
}

extension ArchiveHandle: Codable {
    /// The handle that any decoder reads; members that are not known are ignored.
    public init(from decoder: any Decoder) throws { try self.init(json: JSONValue(from: decoder)) }

    /// Every member of the handle.
    public func encode(to encoder: any Encoder) throws { try json.encode(to: encoder) }
}

extension StowageEvent: Codable {
    /// The event that any decoder reads; members that are not known are ignored.
    public init(from decoder: any Decoder) throws { self = try Self.read(JSONValue(from: decoder)) }

    /// Every member of the event.
    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .task(let event): try event.json.encode(to: encoder)
        case .driver(let event): try event.json.encode(to: encoder)
        }
    }
}
