import CYAML

/// The events of one YAML stream, one after the other.
struct YAMLEvents: ~Copyable {
    enum Event {
        case scalar(text: String, isPlain: Bool)
        case sequenceStart
        case sequenceEnd
        case mappingStart
        case mappingEnd
        case alias
        case documentStart
        case streamEnd
        case other
    }

    struct Position {
        /// From 1.
        var line: Int
        /// Whether the node has an anchor or a tag.
        var anchored = false
        var tagged = false
    }

    /// Why libyaml cannot go on.
    struct Failure: Error {
        var message: String
        var line: Int
    }

    private let parser: UnsafeMutablePointer<yaml_parser_t>

    /// Events of `input`, whose memory must outlive the value.
    init?(_ input: UnsafeBufferPointer<UInt8>) {
        let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
        guard yaml_parser_initialize(parser) == 1 else {
            parser.deallocate()
            return nil
        }
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, input.baseAddress, input.count)
        self.parser = parser
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
    }

    /// The next event with its place.
    mutating func next() throws(Failure) -> (Event, Position) {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { throw failure() }
        defer { yaml_event_delete(&event) }
        var position = Position(line: Int(event.start_mark.line) + 1)
        switch event.type {
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            position.anchored = scalar.anchor != nil
            position.tagged = scalar.tag != nil
            let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
            return (
                .scalar(text: String(decoding: bytes, as: UTF8.self), isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE),
                position
            )
        case YAML_SEQUENCE_START_EVENT:
            position.anchored = event.data.sequence_start.anchor != nil
            position.tagged = event.data.sequence_start.tag != nil
            return (.sequenceStart, position)
        case YAML_MAPPING_START_EVENT:
            position.anchored = event.data.mapping_start.anchor != nil
            position.tagged = event.data.mapping_start.tag != nil
            return (.mappingStart, position)
        case YAML_SEQUENCE_END_EVENT: return (.sequenceEnd, position)
        case YAML_MAPPING_END_EVENT: return (.mappingEnd, position)
        case YAML_ALIAS_EVENT: return (.alias, position)
        case YAML_DOCUMENT_START_EVENT: return (.documentStart, position)
        case YAML_STREAM_END_EVENT: return (.streamEnd, position)
        default: return (.other, position)
        }
    }

    private func failure() -> Failure {
        let problem = parser.pointee.problem.map { String(cString: $0) } ?? "out of memory"
        let context = parser.pointee.context.map { " (" + String(cString: $0) + ")" } ?? ""
        return Failure(message: "is no YAML: " + problem + context, line: Int(parser.pointee.problem_mark.line) + 1)
    }
}
