import Cryptography
import Storage
import StowageContract
import TestSupport
import Testing

@testable import Pipeline

@Suite("Destinations by URL", .timeLimit(.minutes(1)))
struct HTTPDestinationTests {
    private static let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 / 7) }

    /// What a server got of a body.
    private final class Got: Sendable {
        let bodies = Watched<[[UInt8]]>([])
    }

    /// A server that reads until nothing more comes, or the announced size is there, and then gives that answer.
    private func server(_ got: Got, answer: String = "201 Created") throws -> ScriptedServer {
        try ScriptedServer { connection in
            let head = try connection.readHead()
            let size =
                head.split(separator: "\r\n").first { $0.hasPrefix("Content-Length: ") }
                .flatMap { Int($0.dropFirst(16)) } ?? 0
            if head.contains("Expect: 100-continue") { try connection.send("HTTP/1.1 100 Continue\r\n\r\n") }
            var body: [UInt8] = []
            while body.count < size, let more = try? connection.read(), !more.isEmpty { body += more }
            got.bodies.change { [body] in $0.append(body) }
            if body.count == size { try connection.answer(answer) }
        }
    }

    private func put(
        _ body: any ArchiveBody, size: Int, to url: String, headers: [String: String] = [:], hashes: Bool = false
    ) async throws -> SHA256Digest? {
        let locations = try Locations(allowing: "127.0.0.1")
        do {
            let destination = try locations.destination(
                TaskURL(url: url, headers: headers), limit: .seconds(600), meter: nil)
            let digest = try await destination.put(body, size: Int64(size), hashes: hashes)
            await locations.close()
            return digest
        } catch {
            await locations.close()
            throw error
        }
    }

    @Test("every byte arrives, with length and headers", arguments: [0, 1, 65_535, 65_536, 65_537, 300_000])
    func whole(size: Int) async throws {
        let got = Got()
        let server = try server(got)
        let bytes = Array(Self.bytes.prefix(size))
        let digest = try await put(
            BytesBody(bytes), size: size, to: server.url("/a?b=c"), headers: ["X-A": "1"], hashes: true)
        #expect(got.bodies.value == [bytes] && digest == SHA256Hasher.digest(of: bytes))
        let head = try #require(server.heads.value.first)
        #expect(head.hasPrefix("PUT /a?b=c HTTP/1.1\r\n") && head.contains("\r\nX-A: 1\r\n"))
        #expect(head.contains("\r\nContent-Length: \(size)\r\n") && !head.contains("100-continue"))
    }

    @Test(
        "whoever gets a damaged archive never has all of it: the last 64 KiB stay here",
        arguments: [1, 65_536, 65_537, 300_000])
    func heldBack(size: Int) async throws {
        let got = Got()
        let server = try server(got)
        let damaged = BreakingBody(Array(Self.bytes.prefix(size)), size: Int64(size))
        let error = try await storageFailure { try await put(damaged, size: size, to: server.url()) }
        #expect(error.place == .driver && error.message == "the store broke off" && !error.isAmbiguous)
        let bodies = await got.bodies.first { !$0.isEmpty }
        #expect(bodies[0].count <= max(0, size - 65_536))
    }

    @Test("a server that refuses need not take the body first")
    func expects() async throws {
        let server = try ScriptedServer { connection in
            try connection.readHead()
            try connection.answer("403 Forbidden")
        }
        let bytes = [UInt8](repeating: 7, count: 2 << 20)
        let error = try await storageFailure { try await put(BytesBody(bytes), size: bytes.count, to: server.url()) }
        #expect(error.code == .permissionDenied && error.retry == .permanent && error.place == .destination)
        #expect(!error.isAmbiguous)
        #expect(try #require(server.heads.value.first).contains("\r\nExpect: 100-continue\r\n"))
        let got = Got()
        let willing = try self.server(got)
        #expect(try await put(BytesBody(bytes), size: bytes.count, to: willing.url()) == nil)
        #expect(got.bodies.value == [bytes])
    }

    @Test("an answer without success is told from one that may have followed a success")
    func failures() async throws {
        for (answer, code, isAmbiguous) in [
            ("500 Wrong", ErrorCode.unavailable, true), ("408 Late", .timedOut, true),
            ("403 No", .permissionDenied, false),
            ("409 Other", .conflict, false), ("507 Full", .outOfSpace, true), ("302 Found", .permissionDenied, false),
        ] {
            let server = try server(Got(), answer: answer + "\r\nLocation: /elsewhere")
            let error = try await storageFailure {
                try await put(BytesBody([1, 2, 3]), size: 3, to: server.url("/s3cret"))
            }
            #expect(error.code == code && error.isAmbiguous == isAmbiguous && error.place == .destination, "\(answer)")
            #expect(!"\(error)".contains("s3cret") && !"\(error)".contains("elsewhere"))
            #expect(server.heads.value.count == 1, "nothing is sent twice")
        }
    }

    @Test("an end without an answer is ambiguous once all had gone, and only then")
    func ambiguity() async throws {
        let silent = try ScriptedServer { connection in
            try connection.readHead()
            _ = try connection.read(exactly: 3)
        }
        var error = try await storageFailure { try await put(BytesBody([1, 2, 3]), size: 3, to: silent.url()) }
        #expect(error.code == .unavailable && error.isAmbiguous && error.place == .destination)
        let closed = try ScriptedServer { _ in }
        closed.stop()
        error = try await storageFailure { try await put(BytesBody([1, 2, 3]), size: 3, to: closed.url()) }
        #expect(error.code == .unavailable && !error.isAmbiguous)
        let hasty = try ScriptedServer { connection in
            try connection.readHead()
            _ = try connection.read(exactly: 10)
            connection.reset()
        }
        let endless = GatedPart(Array(Self.bytes.prefix(200_000)))
        error = try await storageFailure { try await put(endless, size: 300_000, to: hasty.url()) }
        #expect(error.code == .unavailable && !error.isAmbiguous && error.place == .destination)
    }

    @Test("a destination that takes nothing is given up as soon as its task is cancelled")
    func cancelled() async throws {
        let gate = Gate()
        let server = try ScriptedServer { connection in
            try connection.readHead()
            gate.pass()
        }
        let endless = GatedPart(Array(Self.bytes.prefix(200_000)))
        let url = server.url()
        let sending = Task { try await storageFailure { try await put(endless, size: 300_000, to: url) } }
        await server.heads.first { !$0.isEmpty }
        let cancelledAt = ContinuousClock.now
        sending.cancel()
        #expect(try await sending.value.code == .cancelled)
        // Alone it takes milliseconds; nothing else would end it for ten minutes.
        #expect(ContinuousClock.now - cancelledAt < .seconds(20))
        gate.open()
    }
}

/// Brings a part of its bytes, and then nothing until its task is cancelled.
private final class GatedPart: ArchiveBody {
    let size: Int64? = nil
    private let first: BytesBody

    init(_ bytes: [UInt8]) { first = BytesBody(bytes) }

    func next() async throws(StorageError) -> [UInt8]? {
        if let chunk = try await first.next() { return chunk }
        let cancelled = Watched(false)
        await withTaskCancellationHandler {
            _ = await cancelled.first { $0 }
        } onCancel: {
            cancelled.change { $0 = true }
        }
        throw StorageError.cancelled
    }

    func close() async {}
}
