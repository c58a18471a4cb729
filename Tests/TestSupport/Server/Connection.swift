import Glibc
import Sharing

/// One connection of a scripted server: blocking calls, for the thread of its script alone.
package final class Connection: Sendable {
    /// The peer is not there any more.
    package struct Gone: Error {
        package init() {}
    }

    package let descriptor: Int32
    /// From 0, in the order in which they came.
    package let number: Int
    private let heads: Watched<[String]>
    /// Read with a head and not part of it.
    private let rest = Guarded<[UInt8]>([])

    init(_ descriptor: Int32, _ number: Int, _ heads: Watched<[String]>) {
        self.descriptor = descriptor
        self.number = number
        self.heads = heads
        var yes: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, 4)
    }

    /// At most so many bytes; empty when the peer sends no more.
    package func read(atMost most: Int = 65_536) throws -> [UInt8] {
        let early = rest.withLock { rest in
            let early = Array(rest.prefix(most))
            rest.removeFirst(early.count)
            return early
        }
        if !early.isEmpty { return early }
        return try [UInt8](unsafeUninitializedCapacity: most) { buffer, count in
            let got = recv(descriptor, buffer.baseAddress, most, 0)
            guard got >= 0 else { throw Gone() }
            count = got
        }
    }

    /// Exactly so many bytes.
    @discardableResult
    package func read(exactly wanted: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < wanted {
            let more = try read(atMost: wanted - bytes.count)
            guard !more.isEmpty else { throw Gone() }
            bytes += more
        }
        return bytes
    }

    /// The head of a request with its empty line; what follows stays to be read.
    @discardableResult
    package func readHead() throws -> String {
        var bytes: [UInt8] = []
        while true {
            let more = try read()
            guard !more.isEmpty else { throw Gone() }
            bytes += more
            guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { continue }
            let after = Array(bytes[end.upperBound...])
            rest.withLock { $0 = after + $0 }
            let head = String(decoding: bytes[..<end.upperBound], as: UTF8.self)
            heads.change { $0.append(head) }
            return head
        }
    }

    package func readLine() throws -> String {
        var line: [UInt8] = []
        while true {
            let byte = try read(exactly: 1)
            if byte == [UInt8(ascii: "\n")] { return String(decoding: line.dropLast(), as: UTF8.self) }
            line += byte
        }
    }

    /// The body of a chunked request.
    package func readChunked() throws -> [UInt8] {
        var body: [UInt8] = []
        while true {
            guard let size = Int(try readLine(), radix: 16) else { throw Gone() }
            body += try read(exactly: size)
            _ = try readLine()
            if size == 0 { return body }
        }
    }

    /// Nothing more is done until the peer closes.
    package func waitForClose() {
        while let more = try? read(), !more.isEmpty {}
    }

    package func send(_ text: String) throws { try send(Array(text.utf8)) }

    package func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.send(descriptor, buffer.baseAddress! + sent, buffer.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Gone() }
            sent += count
        }
    }

    package func answer(_ status: String = "200 OK", _ body: String = "", headers: String = "") throws {
        try send("HTTP/1.1 \(status)\r\n\(headers)Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }

    /// No more is sent; what comes is still read.
    package func closeWriting() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// The connection will end with RST.
    package func reset() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
    }

    /// How much the kernel takes in beyond what is read.
    package func setReceiveBuffer(_ bytes: Int32) {
        var bytes = bytes
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, 4)
    }
}
