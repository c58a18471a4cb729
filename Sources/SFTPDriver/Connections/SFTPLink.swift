/// One connection to an SFTP server as its thread sees it: requests go out, answers come in whatever order.
struct SFTPLink: ~Copyable {
    private var channel: SSHChannel
    private var assembly = PacketAssembly()
    private var lastID: UInt32 = 0
    /// What the server still has to answer.
    private var expected: Set<UInt32> = []
    /// Answers that nobody has asked for yet.
    private var arrived: [UInt32: SFTPReply] = [:]
    /// What the server can do.
    private(set) var greeting = SFTPGreeting(version: 0)
    private(set) var limits = SFTPLimits()

    init(_ channel: consuming SSHChannel) { self.channel = channel }

    /// Says hello, once, before anything else.
    mutating func greet() throws(SFTPFailure) {
        channel.startWatch()
        try channel.send(SFTPRequest.greeting)
        guard let greeting = SFTPGreeting(try packet("init")), greeting.version >= 3 else {
            throw .malformed(call: "init")
        }
        self.greeting = greeting
        guard greeting.tellsLimits else { return }
        switch try call(.limits) {
        case .extended(let answer): limits = SFTPLimits(answer)
        case .status: break
        default: throw .malformed(call: "limits")
        }
    }

    /// Begins a turn: what happened before does not count as waiting.
    mutating func startWatch() { channel.startWatch() }

    /// Whether the connection can still be used, as far as can be seen without asking.
    mutating func isAlive() -> Bool { channel.isAlive() }

    /// Waits until all that was sent lies with the kernel.
    mutating func flush() throws(SFTPFailure) { try channel.flush() }

    /// Sends one request and waits for its answer.
    mutating func call(_ request: SFTPRequest) throws(SFTPFailure) -> SFTPReply {
        let id = try send(request)
        return try reply(to: id, request.name)
    }

    /// The same for requests that are answered by a status: nothing but `ok` is no success.
    mutating func order(_ request: SFTPRequest) throws(SFTPFailure) {
        try Self.expectOK(try call(request), request.name)
    }

    static func expectOK(_ reply: SFTPReply, _ call: String) throws(SFTPFailure) {
        guard case .status(let status) = reply else { throw .malformed(call: call) }
        guard status.code == SFTPStatus.ok else { throw .refused(status, call: call) }
    }

    @discardableResult
    mutating func send(_ request: SFTPRequest) throws(SFTPFailure) -> UInt32 {
        try send([request])[0]
    }

    /// Sends several at once.
    mutating func send(_ requests: [SFTPRequest]) throws(SFTPFailure) -> [UInt32] {
        var ids: [UInt32] = []
        var bytes: [UInt8] = []
        for request in requests {
            lastID &+= 1
            ids.append(lastID)
            expected.insert(lastID)
            if bytes.isEmpty { bytes = request.packet(lastID) } else { bytes += request.packet(lastID) }
            // Long ones go by themselves: no memory for all of them together.
            if bytes.count >= 1 << 16 {
                try channel.send(bytes)
                bytes = []
            }
        }
        if !bytes.isEmpty { try channel.send(bytes) }
        return ids
    }

    /// Waits for an answer.
    mutating func reply(to id: UInt32, _ call: String) throws(SFTPFailure) -> SFTPReply {
        while true {
            if let reply = arrived.removeValue(forKey: id) { return reply }
            try take(try packet(call), call)
        }
    }

    /// An answer where it has come.
    mutating func replyNow(to id: UInt32, _ call: String) throws(SFTPFailure) -> SFTPReply? {
        while true {
            if let reply = arrived.removeValue(forKey: id) { return reply }
            guard let packet = try packetNow(call) else { return nil }
            try take(packet, call)
        }
    }

    private mutating func take(_ packet: [UInt8], _ call: String) throws(SFTPFailure) {
        guard let (id, reply) = SFTPReply.read(packet), expected.remove(id) != nil else {
            throw .malformed(call: call)
        }
        arrived[id] = reply
    }

    private mutating func packet(_ call: String) throws(SFTPFailure) -> [UInt8] {
        while true {
            if let packet = try packetNow(call) { return packet }
            try channel.wait()
        }
    }

    /// `nil`: there is none yet.
    private mutating func packetNow(_ call: String) throws(SFTPFailure) -> [UInt8]? {
        var hasEnded = false
        do throws(PacketAssembly.Malformed) {
            if let packet = try assembly.next({ memory in
                let count = channel.receiveNow(into: memory)
                hasEnded = count < 0
                return count
            }) {
                return packet
            }
        } catch {
            throw .malformed(call: call)
        }
        if hasEnded { throw .lost("the server closed the channel") }
        return nil
    }
}
