/// Puts the frames of one channel together: a method with content, then its header, then its body in pieces.
///
/// Own work instead of `amqp_read_message`, which stops for good at a header with an empty name and waits without end
/// in the middle of a message (rule R13).
struct MessageAssembler<Method> {
    /// What a frame led to.
    enum Step {
        case incomplete
        case complete(Method, MessageProperties, hasOversizedHeaders: Bool, Delivery.Body)
        /// Not what must come now; the connection cannot be used any more.
        case violation
    }

    private enum State {
        case idle
        case header(Method)
        case body
    }

    private var state = State.idle
    private var method: Method?
    private var properties = MessageProperties()
    private var hasOversizedHeaders = false
    private var body: [UInt8] = []
    private var size: UInt64 = 0
    private var received: UInt64 = 0
    private let maximumBodyBytes: Int

    init(maximumBodyBytes: Int) {
        self.maximumBodyBytes = maximumBodyBytes
    }

    var isIdle: Bool { if case .idle = state { true } else { false } }

    mutating func receive(method: Method) -> Step {
        guard isIdle else { return .violation }
        state = .header(method)
        return .incomplete
    }

    mutating func receive(header: MessageProperties, hasOversizedHeaders: Bool, bodyBytes: UInt64) -> Step {
        guard case .header(let method) = state else { return .violation }
        properties = header
        self.hasOversizedHeaders = hasOversizedHeaders
        size = bodyBytes
        received = 0
        body = []
        self.method = method
        // The size is the sender's word: bounded before anything is allocated for it (rule R16).
        if isKept { body.reserveCapacity(Int(size)) }
        state = .body
        return size == 0 ? finish() : .incomplete
    }

    mutating func receive(body fragment: UnsafeRawBufferPointer) -> Step {
        guard case .body = state, received + UInt64(fragment.count) <= size else { return .violation }
        received += UInt64(fragment.count)
        if isKept { body.append(contentsOf: fragment) }
        return received == size ? finish() : .incomplete
    }

    private var isKept: Bool { size <= UInt64(maximumBodyBytes) }

    private mutating func finish() -> Step {
        guard let method else { return .violation }
        let whole: Delivery.Body = isKept ? .complete(body) : .tooLarge(bytes: size)
        let step = Step.complete(method, properties, hasOversizedHeaders: hasOversizedHeaders, whole)
        state = .idle
        self.method = nil
        body = []
        properties = MessageProperties()
        return step
    }
}
