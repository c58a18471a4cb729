import StrictCoding

/// Reads one YAML document as the tree of a JSON document.
///
/// Anchors, aliases, merge keys, tags, duplicate keys and further documents are refused: what stands in the file is
/// what counts, and nothing grows beyond the size of the file.
package enum YAMLDocument {
    /// The largest file.
    package static let sizeLimit = 1 << 20
    /// Nesting beyond this is refused.
    package static let depthLimit = 32

    /// The tree of `bytes`, which problems call `file`.
    ///
    /// - Throws: all problems that could be found; after an error of syntax there is only that one.
    package static func parse(
        _ bytes: [UInt8], file: String
    ) throws(ConfigurationError) -> ConfigurationDocument {
        var problem: ConfigurationProblem?
        if bytes.count > sizeLimit {
            problem = ConfigurationProblem(path: "", message: "is larger than \(sizeLimit) bytes")
        } else if String(validating: bytes, as: UTF8.self) == nil {
            problem = ConfigurationProblem(path: "", message: "is not UTF-8 text")
        }
        if let problem { throw ConfigurationError(file: file, problems: [problem]) }
        let result: Result<ConfigurationDocument, ConfigurationError> = bytes.withUnsafeBufferPointer { bytes in
            guard let events = YAMLEvents(bytes) else {
                let problem = ConfigurationProblem(path: "", message: "cannot be read: out of memory")
                return .failure(ConfigurationError(file: file, problems: [problem]))
            }
            var composer = YAMLComposer(events)
            return composer.document(file: file)
        }
        return try result.get()
    }
}

/// Makes the tree of a document from its events.
struct YAMLComposer: ~Copyable {
    private var events: YAMLEvents
    private var lines: [String: Int] = [:]
    private var problems: [ConfigurationProblem] = []

    init(_ events: consuming YAMLEvents) {
        self.events = events
    }

    mutating func document(file: String) -> Result<ConfigurationDocument, ConfigurationError> {
        var value = JSONValue.null
        do throws(YAMLEvents.Failure) {
            var documents = 0
            while true {
                let (event, position) = try events.next()
                if case .streamEnd = event { break }
                guard case .documentStart = event else { continue }
                documents += 1
                guard documents == 1 else {
                    throw YAMLEvents.Failure(message: "has a second document; only one is allowed", line: position.line)
                }
                let (root, place) = try events.next()
                value = try node(root, place, path: "", depth: 0)
            }
        } catch {
            // What was found before may be a consequence of what broke the syntax.
            problems = [ConfigurationProblem(path: "", line: error.line, message: error.message)]
        }
        switch value {
        case .object, .null: break
        default:
            problems.append(ConfigurationProblem(path: "", line: 1, message: "must be a mapping of keys to values"))
        }
        guard problems.isEmpty else { return .failure(ConfigurationError(file: file, problems: problems)) }
        return .success(ConfigurationDocument(file: file, value: value, lines: lines))
    }

    private mutating func node(
        _ event: YAMLEvents.Event, _ position: YAMLEvents.Position, path: String, depth: Int
    ) throws(YAMLEvents.Failure) -> JSONValue {
        if lines[path] == nil { lines[path] = position.line }
        if position.anchored { refuse(path, position, "has an anchor (&…), which is not supported; repeat the value") }
        if position.tagged {
            refuse(path, position, "has a tag (!…), which is not supported; quote what shall be a text")
        }
        guard depth < YAMLDocument.depthLimit else {
            throw YAMLEvents.Failure(
                message: "is nested deeper than \(YAMLDocument.depthLimit) levels", line: position.line)
        }
        switch event {
        case .scalar(let text, let isPlain):
            guard isPlain else { return .string(text) }
            switch YAMLScalar.value(of: text) {
            case .success(let value): return value
            case .failure(let problem):
                refuse(path, position, problem.message)
                return .null
            }
        case .sequenceStart: return try sequence(path: path, depth: depth)
        case .mappingStart: return try mapping(path: path, depth: depth)
        case .alias:
            refuse(path, position, "is an alias (*…), which is not supported; repeat the value")
            return .null
        default: return .null
        }
    }

    private mutating func sequence(path: String, depth: Int) throws(YAMLEvents.Failure) -> JSONValue {
        var elements: [JSONValue] = []
        while true {
            let (event, position) = try events.next()
            if case .sequenceEnd = event { return .array(elements) }
            let place = MemberProblem.path(path, element: elements.count)
            elements.append(try node(event, position, path: place, depth: depth + 1))
        }
    }

    private mutating func mapping(path: String, depth: Int) throws(YAMLEvents.Failure) -> JSONValue {
        var members: [JSONObject.Member] = []
        // Names by their bytes: composed and decomposed letters are different names.
        var seen: [[UInt8]: Int] = [:]
        while true {
            let (event, position) = try events.next()
            if case .mappingEnd = event { return .object(JSONObject(unique: members)) }
            guard case .scalar(let name, let isPlain) = event else {
                throw YAMLEvents.Failure(message: "has a key that is no text", line: position.line)
            }
            let place = MemberProblem.path(path, member: name)
            if isPlain, name.hasSameBytes(as: "<<") {
                refuse(place, position, "is a merge key, which is not supported; repeat the values")
            }
            if position.anchored || position.tagged { refuse(place, position, "is a key with an anchor or a tag") }
            let first = seen.updateValue(position.line, forKey: Array(name.utf8))
            if first == nil { lines[place] = position.line }
            let (next, nextPosition) = try events.next()
            let value = try node(next, nextPosition, path: place, depth: depth + 1)
            if let first {
                seen[Array(name.utf8)] = first
                refuse(place, position, "stands twice; the first is in line \(first)")
            } else {
                members.append(JSONObject.Member(name, value))
            }
        }
    }

    private mutating func refuse(_ path: String, _ position: YAMLEvents.Position, _ message: String) {
        problems.append(ConfigurationProblem(path: path, line: position.line, message: message))
    }
}
