import Glibc
import ServiceRuntime
import TestSupport
import Testing
import Transfer

@Suite("HTTP/2", .timeLimit(.minutes(1)))
struct HTTP2Tests {
    /// Speaks just enough HTTP/2 to answer every request with `hello`; `openssl s_server` does the TLS around it.
    private final class Server: Sendable {
        let port: Int
        let requests = Watched(0)
        private let process: SpawnedProcess
        private let toPeer: Int32

        init(_ certificates: Certificates) throws {
            port = Int(try TestPorts.reserve(1))
            let (input, output) = (try SpawnedProcess.pipe(), try SpawnedProcess.pipe())
            process = try SpawnedProcess(
                [
                    "openssl", "s_server", "-accept", "127.0.0.1:\(port)", "-quiet", "-alpn", "h2",
                    "-cert", certificates.server, "-key", certificates.serverKey,
                ], input: .descriptor(input.read), output: .descriptor(output.write))
            close(input.read)
            close(output.write)
            toPeer = input.write
            _ = SystemThread.start(name: "h2") { [requests, toPeer] in
                Self.serve(from: output.read, to: toPeer, requests)
            }
        }

        deinit {
            kill(process.pid, SIGKILL)
            _ = process.wait()
            close(toPeer)
        }

        private static func serve(from peer: Int32, to answer: Int32, _ requests: Watched<Int>) {
            defer { close(peer) }
            guard read(peer, 24) == Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) else { return }
            send(answer, type: 4, flags: 0, stream: 0, [])
            while let head = read(peer, 9) {
                let length = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
                guard length == 0 || read(peer, length) != nil else { return }
                switch head[3] {
                case 4 where head[4] & 1 == 0: send(answer, type: 4, flags: 1, stream: 0, [])
                case 1:
                    // Field 8 of the static table is `:status: 200`.
                    send(answer, type: 1, flags: 4, stream: head[8], [0x88])
                    send(answer, type: 0, flags: 1, stream: head[8], Array("hello".utf8))
                    requests.change { $0 += 1 }
                default: break
                }
            }
        }

        private static func send(_ to: Int32, type: UInt8, flags: UInt8, stream: UInt8, _ payload: [UInt8]) {
            let frame = [0, 0, UInt8(payload.count), type, flags, 0, 0, 0, stream] + payload
            _ = write(to, frame, frame.count)
        }

        private static func read(_ from: Int32, _ wanted: Int) -> [UInt8]? {
            var bytes = [UInt8](repeating: 0, count: wanted)
            var got = 0
            while got < wanted {
                let count = bytes.withUnsafeMutableBytes { Glibc.read(from, $0.baseAddress! + got, wanted - got) }
                guard count > 0 else { return nil }
                got += count
            }
            return bytes
        }
    }

    @Test("is spoken where the server offers it, on one connection")
    func offered() async throws {
        let certificates = try await Certificates()
        let server = try Server(certificates)
        let client = try makeClient { $0.tls.authorities = certificates.authority }
        var request = TransferRequest("GET", try TransferURL("https://127.0.0.1:\(server.port)/"))
        request.httpVersion = .http2
        // Nothing tells when the server listens.
        var first: (head: TransferHead, body: String)?
        let isUp = try await eventually {
            do {
                first = try await client.exchange(request)
                return true
            } catch let error as TransferError where error.kind == .connect {
                return false
            }
        }
        #expect(isUp)
        #expect(first?.head.httpVersion == "2")
        #expect(first?.head.status == 200)
        #expect(first?.body == "hello")
        // The server's other end serves one connection only: the next request comes on the same.
        #expect(try await client.exchange(request).body == "hello")
        #expect(server.requests.value == 2)
    }
}
