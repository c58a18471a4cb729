/// One request on its way through a fault proxy, and its answer back.
struct RequestRelay {
    private enum Upload {
        case complete
        /// The store has answered before it had the whole body.
        case answeredEarly(head: String?)
        case broken
    }

    /// What has gone so far.
    private final class Progress {
        var framing: BodyFraming
        var forwarded = 0

        init(_ framing: BodyFraming) { self.framing = framing }
    }

    let request: ProxiedRequest
    let head: String
    let client: ProxySocket
    let link: StoreLink
    let record: ProxyRecord

    /// Returns whether the connection can carry another request.
    ///
    /// - Throws: where one side has gone; the client's connection then ends with RST, as without a proxy.
    func run() throws -> Bool {
        if case .answer(let reply, let readingBody)? = request.fault {
            return try answer(reply, readingBody: readingBody)
        }
        if case .breakUpload(after: 0, let how)? = request.fault { return breakOff(how) }
        if case .delay(let duration)? = request.fault { client.waitForEnd(atMost: duration) }
        do {
            let store = try link.connected()
            try store.send(head)
            let progress = Progress(BodyFraming(ofRequest: request.headers))
            switch try upload(to: store, progress) {
            case .broken: return false
            case .complete: return try passAnswer(from: store, firstHead: nil, isEarly: false)
            case .answeredEarly(let head): return try passAnswer(from: store, firstHead: head, isEarly: true)
            }
        } catch {
            client.resetOnClose()
            throw error
        }
    }

    private var expectsContinue: Bool { request.headers["expect"]?.lowercased() == "100-continue" }

    // MARK: towards the store

    private func upload(to store: ProxySocket, _ progress: Progress) throws -> Upload {
        if expectsContinue, !progress.framing.isOver {
            guard let head = try store.head() else { throw ProxySocket.Gone() }
            guard status(of: head) == 100 else { return .answeredEarly(head: head) }
            try client.send(head)
        }
        var limit = Int.max
        var ending = Fault.Break.reset
        if case .breakUpload(let after, let how)? = request.fault { (limit, ending) = (after, how) }
        while !progress.framing.isOver {
            client.waitForInput(or: store)
            if store.hasInput { return .answeredEarly(head: nil) }
            var isAnswered = false
            let most = min(piece, limit - progress.forwarded)
            try client.take(&progress.framing, atMost: most) { bytes in
                isAnswered = !(try store.sendUnlessAnswered(bytes))
                let (count, passed) = (bytes.count, isAnswered ? 0 : bytes.count)
                progress.forwarded += passed
                record.note(request.number) {
                    $0.bodyBytes += count
                    $0.forwardedBytes += passed
                }
                pace(count)
            }
            if isAnswered { return .answeredEarly(head: nil) }
            if progress.forwarded >= limit {
                _ = breakOff(ending)
                return .broken
            }
        }
        return .complete
    }

    // MARK: back to the client

    private func passAnswer(from store: ProxySocket, firstHead: String?, isEarly: Bool) throws -> Bool {
        var next = firstHead
        var head = ""
        var code = 100
        while code < 200 {
            guard let received = try next ?? store.head() else { throw ProxySocket.Gone() }
            (next, head, code) = (nil, received, status(of: received))
            if code < 200 { try client.send(head) }
        }
        let (storeStatus, headers) = (code, ProxiedRequest.headers(of: head.split(separator: "\r\n").dropFirst()))
        record.note(request.number) { $0.storeStatus = storeStatus }
        var framing = BodyFraming(ofAnswer: headers, status: code, to: request.method)
        var isLast = isEarly
        if case .untilClose = framing { isLast = true }
        if [headers, request.headers].contains(where: { $0["connection"]?.lowercased() == "close" }) { isLast = true }
        switch request.fault {
        case .replaceAnswer(let reply)?:
            try discard(&framing, of: store)
            try send(reply, closing: isLast)
        case .breakAnswer(.nothing, let how)?:
            try discard(&framing, of: store)
            return breakOff(how)
        case .breakAnswer(let part, let how)?:
            try send(head, status: code)
            try send(most(of: part, framing), of: &framing, from: store)
            return breakOff(how)
        default:
            try send(head, status: code)
            try send(.max, of: &framing, from: store)
        }
        if isLast { link.close() }
        if isEarly { client.closeGently() }
        return !isLast
    }

    private func most(of part: Fault.AnswerPart, _ framing: BodyFraming) -> Int {
        switch part {
        case .nothing, .head: 0
        case .half: (framing.expected ?? 2) / 2
        case .bytes(let count): count
        }
    }

    private func send(_ most: Int, of framing: inout BodyFraming, from store: ProxySocket) throws {
        var left = most
        while !framing.isOver, left > 0 {
            try store.take(&framing, atMost: min(piece, left)) { bytes in
                try client.send(bytes)
                left -= bytes.count
                pace(bytes.count)
            }
        }
    }

    private func discard(_ framing: inout BodyFraming, of socket: ProxySocket) throws {
        while !framing.isOver { try socket.take(&framing, atMost: .max) { _ in } }
    }

    // MARK: in the store's place

    private func answer(_ reply: Reply, readingBody: Bool) throws -> Bool {
        var framing = BodyFraming(ofRequest: request.headers)
        if readingBody {
            if expectsContinue, !framing.isOver { try client.send("HTTP/1.1 100 Continue\r\n\r\n") }
            while !framing.isOver {
                try client.take(&framing, atMost: piece) { bytes in
                    let count = bytes.count
                    record.note(request.number) { $0.bodyBytes += count }
                    pace(count)
                }
            }
        }
        let closes = !framing.isOver
        try send(reply, closing: closes)
        if closes { client.closeGently() }
        return !closes
    }

    private func send(_ reply: Reply, closing: Bool) throws {
        var text = "HTTP/1.1 \(reply.status)\r\nContent-Length: \(reply.body.utf8.count)\r\n"
        if closing { text += "Connection: close\r\n" }
        for (name, value) in reply.headers { text += "\(name): \(value)\r\n" }
        text += "\r\n" + (request.method == "HEAD" ? "" : reply.body)
        try send(text, status: Int(reply.status.prefix(3)) ?? 0)
    }

    private func send(_ text: String, status: Int) throws {
        record.note(request.number) { $0.status = status }
        try client.send(text)
    }

    /// Returns `false`: nothing more can be said on the connection.
    private func breakOff(_ how: Fault.Break) -> Bool {
        switch how {
        case .reset:
            client.resetOnClose()
            link.socket?.resetOnClose()
        case .close: client.closeGently()
        case .stall: client.waitForEnd()
        }
        return false
    }

    // MARK: speed

    private var bytesPerSecond: Int? {
        if case .throttle(let bytesPerSecond)? = request.fault { return bytesPerSecond }
        return record.bytesPerSecond
    }

    /// How much is passed on at once: a twentieth of a second's worth.
    private var piece: Int { bytesPerSecond.map { max(1, $0 / 20) } ?? .max }

    private func pace(_ count: Int) {
        guard let bytesPerSecond else { return }
        client.waitForEnd(atMost: .seconds(1) * count / bytesPerSecond)
    }

    private func status(of head: String) -> Int {
        Int(head.split(separator: " ", maxSplits: 2).dropFirst().first ?? "") ?? 0
    }
}
