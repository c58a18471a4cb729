public import StrictCoding

extension ErrorReport {
    /// The error as events show it, every member present.
    public var json: JSONValue {
        JSONValue(members: [
            "code": .string(code.rawValue), "message": .string(message), "retryable": .bool(retryable),
            "at": .string(place.rawValue), "driver": JSONValue(driver?.text), "context": JSONValue(context),
        ])
    }

    /// The error that `json` shows; members that are not known are ignored.
    ///
    /// - Parameters:
    ///   - json: An object.
    ///   - path: Where it stands, for errors.
    /// - Throws: The member that is missing or of the wrong type.
    public init(json: JSONValue, path: String = "") throws(MemberProblem) {
        var reader = try ObjectReader(json, path: path)
        self.init(
            code: try reader.requiredChoice("code", as: ErrorCode.self),
            message: try reader.requiredString("message"),
            retryable: try reader.requiredBool("retryable"),
            place: try reader.requiredChoice("at", as: ErrorPlace.self), driver: try reader.driver("driver"),
            context: try reader.strings("context", limit: .max) ?? [:])
    }
}

extension AttemptRecord {
    /// The attempt as events show it, every member present.
    public var json: JSONValue {
        JSONValue(members: [
            "n": JSONValue(number), "driver": .string(driver.text), "startedAt": JSONValue(startedAt),
            "endedAt": JSONValue(endedAt), "worker": JSONValue(worker), "code": JSONValue(code?.rawValue),
            "message": JSONValue(message), "ambiguous": .bool(ambiguous),
        ])
    }

    /// The attempt that `json` shows; members that are not known are ignored.
    ///
    /// - Parameters:
    ///   - json: An object.
    ///   - path: Where it stands, for errors.
    /// - Throws: The member that is missing or of the wrong type.
    public init(json: JSONValue, path: String = "") throws(MemberProblem) {
        var reader = try ObjectReader(json, path: path)
        self.init(
            number: Int(try reader.requiredInteger("n")), driver: try reader.requiredDriver("driver"),
            startedAt: try reader.timestamp("startedAt"), endedAt: try reader.timestamp("endedAt"),
            worker: try reader.string("worker"), code: try reader.choice("code", as: ErrorCode.self),
            message: try reader.string("message"), ambiguous: try reader.bool("ambiguous") ?? false)
    }
}
