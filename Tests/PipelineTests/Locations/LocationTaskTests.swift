import Cryptography
import Foundation
import Pipeline
import ServiceRuntime
import Sharing
import Storage
import StowageContract
import StrictCoding
import TestSupport
import Testing

/// Tasks that name URLs, from their message to their event.
@Suite("Tasks with URLs", .timeLimit(.minutes(1)))
struct LocationTaskTests {
    private static let archive = "an archive from afar"

    /// A harness that may reach `server`.
    private func harness(
        _ server: ScriptedServer, fallbacks: [String: [String]] = ["a": ["b"]], isWatched: Bool = false
    ) async throws -> PipelineHarness {
        try await PipelineHarness(
            fallbacks: fallbacks, isWatched: isWatched,
            locations: try Locations(allowing: "127.0.0.1:\(server.port)"))
    }

    private func store(_ url: String, more: String = "", options: String = "") -> String {
        """
        {"id":"t-1","operation":"store","driver":"a","options":{\(options)},
         "data":{"name":"n.txt","source":{"url":"\(url)","headers":{"Authorization":"Bearer s3cret"}}\(more)}}
        """
    }

    /// A server that gives those answers in turn, the last one again and again.
    private func server(_ answers: String...) throws -> ScriptedServer {
        let left = Guarded(answers)
        return try ScriptedServer { connection in
            try connection.readHead()
            let answer = left.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] }
            try connection.send(answer)
        }
    }

    private static func ok(_ text: String = archive) -> String {
        "HTTP/1.1 200 OK\r\nContent-Length: \(text.utf8.count)\r\n\r\n\(text)"
    }

    /// Nothing of the task's secrets is in what the worker says.
    private func expectNoSecret(_ harness: PipelineHarness, _ events: [TaskEvent]) {
        for event in events { #expect(!"\(event)".contains("s3cret")) }
        for line in harness.log.lines { #expect(!"\(line)".contains("s3cret")) }
    }

    @Test("an archive is fetched once for its driver and for all copies")
    func copies() async throws {
        let server = try server(Self.ok())
        let harness = try await harness(server)
        try await harness.whileWorking {
            let sha256 = SHA256Hasher.digest(of: Array(Self.archive.utf8)).hexadecimal
            let task = store(server.url("/a?s3cret"), more: #","copies":["b"],"sha256":"\#(sha256)""#)
            try await harness.send(task, key: "a.store")
            let event = try await harness.event()
            let result = try #require(event.storeResult, "\(event.summary)")
            #expect(result.handle.sha256 == sha256 && result.sourceBytes == Self.archive.utf8.count)
            #expect(server.heads.value.count == 1)
            for driver in ["a", "b"] {
                #expect(try await harness.stored("t-1/n.txt", on: driver) == Self.archive)
            }
            expectNoSecret(harness, [event])
        }
    }

    @Test("a repeated delivery compares what the URL has now, and believes the manifest once it is gone")
    func redelivery() async throws {
        let server = try server(
            Self.ok(), Self.ok(), Self.ok("other bytes"), "HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n")
        let harness = try await harness(server, fallbacks: [:])
        try await harness.whileWorking {
            var events: [TaskEvent] = []
            for expected in ["succeeded", "succeeded", "failed conflict", "succeeded"] {
                try await harness.send(store(server.url("/a?s3cret")), key: "a.store")
                events.append(try await harness.event())
                #expect(events.last?.summary == expected)
            }
            #expect(events.compactMap(\.storeResult).map(\.alreadyPresent) == [false, true, true])
            #expect(events.compactMap(\.storeResult).map(\.sourceBytes) == [20, 20, 0])
            expectNoSecret(harness, events)
        }
    }

    @Test("a server that asks for time gets it, rounded up to a rung")
    func retryAfter() async throws {
        let server = try server("HTTP/1.1 429 Slow Down\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n", Self.ok())
        let harness = try await harness(server)
        try await harness.whileWorking {
            try await harness.send(store(server.url("/a?s3cret")), key: "a.store")
            let event = try await harness.event()
            guard case .retrying(let error, let at) = event.happening else { throw UnexpectedTurn(event.summary) }
            #expect(error.code == .rateLimited && error.place == .source && error.retryable)
            #expect(error.context == ["server": "http://127.0.0.1:\(server.port)", "status": "429"])
            #expect(at == harness.clock.time.now.advanced(byMilliseconds: 30_000))
            #expect(harness.waiting(in: "stowage.retry.30s").count == 1)
            expectNoSecret(harness, [event])
        }
    }

    @Test("wrong bytes are the source's fault, and nothing stands")
    func wrongDigest() async throws {
        let server = try server(Self.ok())
        let harness = try await harness(server)
        try await harness.whileWorking {
            let task = store(server.url("/a?s3cret"), more: #","sha256":"\#(String(repeating: "0", count: 64))""#)
            try await harness.send(task, key: "a.store")
            let event = try await harness.event()
            guard case .failed(let error, _, _) = event.happening else { throw UnexpectedTurn(event.summary) }
            #expect(error.code == .integrityMismatch && error.place == .source && !error.retryable)
            #expect(try await harness.stored("t-1/n.txt", on: "a") == nil)
            try await harness.send(store(server.url(), more: #","size":3"#), key: "a.store")
            #expect(try await harness.event().summary == "failed integrity-mismatch")
        }
    }

    @Test("a source that stops moving is given up by the watchdog")
    func stalls() async throws {
        let server = try ScriptedServer { connection in
            try connection.readHead()
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nan arch")
            connection.waitForClose()
        }
        let harness = try await harness(server, isWatched: true)
        try await harness.whileWorking {
            let task = store(server.url(), options: #""timeoutSeconds":60,"maxAttempts":1"#)
            try await harness.send(task, key: "a.store")
            await server.heads.first { !$0.isEmpty }
            await harness.look(for: 130)
            let event = try await harness.event()
            guard case .failed(let error, _, _) = event.happening else { throw UnexpectedTurn(event.summary) }
            #expect(error.code == .timedOut && error.place == .source && error.retryable)
        }
    }

    /// Stores a long archive in `a` and returns its handle as JSON.
    private func storedHandle(_ harness: PipelineHarness) async throws -> String {
        try await harness.store("t-1", Self.archive)
        let handle = try #require(try await harness.event().storeResult?.handle)
        return JSONWriter.text(of: handle.json)
    }

    private func retrieve(_ handle: String, to url: String, more: String = "") -> String {
        """
        {"id":"r-1","operation":"retrieve","driver":"a",
         "data":{"handle":\(handle),"destination":{"url":"\(url)","headers":{"X-Key":"s3cret"}}\(more)}}
        """
    }

    @Test("an archive, or a part of it, is sent to a URL")
    func sent() async throws {
        let bodies = Watched<[String]>([])
        let server = try ScriptedServer { connection in
            let head = try connection.readHead()
            let size = head.contains("Content-Length: 20\r\n") ? 20 : 2
            let body = String(decoding: try connection.read(exactly: size), as: UTF8.self)
            bodies.change { $0.append(body) }
            try connection.answer("204 No Content")
        }
        let harness = try await harness(server)
        try await harness.whileWorking {
            let handle = try await storedHandle(harness)
            try await harness.send(retrieve(handle, to: server.url("/b?s3cret")), key: "a.retrieve")
            let event = try await harness.event()
            guard case .succeeded(.retrieve(let result), _, _) = event.happening else {
                throw UnexpectedTurn(event.summary)
            }
            #expect(result.size == 20 && result.verified)
            let part = retrieve(handle, to: server.url("/b?s3cret"), more: #","range":{"offset":3,"length":2}"#)
            try await harness.send(part, key: "a.retrieve")
            let second = try await harness.event()
            guard case .succeeded(.retrieve(let partial), _, _) = second.happening else {
                throw UnexpectedTurn(second.summary)
            }
            #expect(partial.size == 2 && !partial.verified)
            #expect(partial.sha256 == SHA256Hasher.digest(of: Array("ar".utf8)).hexadecimal)
            #expect(bodies.value == [Self.archive, "ar"])
            #expect(server.heads.value.allSatisfy { $0.contains("\r\nX-Key: s3cret\r\n") })
            expectNoSecret(harness, [event, second])
        }
    }

    @Test(
        "a retrieve that a server refuses has succeeded where it has the bytes already",
        arguments: [
            ("409 Conflict", archive, "succeeded"), ("403 Forbidden", archive, "succeeded"),
            ("409 Conflict", "another archive.....", "failed conflict"),
            ("409 Conflict", archive + "!", "failed conflict"),
            ("403 Forbidden", "another archive.....", "failed permission-denied"),
        ])
    func standing(answer: String, content: String, summary: String) async throws {
        let server = try ScriptedServer { connection in
            let head = try connection.readHead()
            guard head.hasPrefix("PUT ") else { return try connection.answer("200 OK", content) }
            try connection.read(exactly: 20)
            try connection.answer(answer)
        }
        let harness = try await harness(server)
        try await harness.whileWorking {
            let handle = try await storedHandle(harness)
            try await harness.send(retrieve(handle, to: server.url()), key: "a.retrieve")
            #expect(try await harness.event().summary == summary)
            #expect(server.heads.value.map { String($0.prefix(3)) } == ["PUT", "GET"])
        }
    }
}
