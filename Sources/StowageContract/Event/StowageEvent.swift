public import StrictCoding

/// Any event that workers publish.
public enum StowageEvent: Sendable, Equatable {
    case task(TaskEvent)
    case driver(DriverEvent)

    /// The value of `content-type` in the messages that carry events.
    public static let contentType = "application/cloudevents+json"
    /// The version of the events' `data`, for CloudEvents' `dataschema`.
    public static let dataSchema = "urn:stowage:event:1"

    /// The event that a message holds; members that are not known are ignored.
    ///
    /// - Parameter body: A CloudEvent in JSON.
    /// - Returns: The event.
    /// - Throws: What cannot be understood.
    public static func read(body: [UInt8]) throws(MemberProblem) -> Self {
        let document: JSONValue
        do throws(JSONSyntaxError) { document = try JSONParser.parse(body) } catch {
            throw MemberProblem(path: "", message: "is not JSON: \(error)")
        }
        return try read(document)
    }

    /// The event that a document holds; members that are not known are ignored.
    static func read(_ document: JSONValue) throws(MemberProblem) -> Self {
        var reader = try ObjectReader(document)
        let type = try reader.requiredString("type")
        guard let type = EventType(rawValue: type) else {
            throw reader.problem("type", "is no kind of event that is known here: \(type.excerpt)")
        }
        switch type {
        case .driverDown, .driverUp, .driverSpaceLow: return .driver(try DriverEvent(type, &reader))
        default: return .task(try TaskEvent(type, &reader))
        }
    }
}
