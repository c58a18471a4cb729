import DriverConformance
import Storage
import StowageContract
import TestSupport
import Testing

/// A store that hangs does later what it was asked for: the retry finds that, and takes it for its own.
@Suite("A store that hangs", .serialized, .timeLimit(.minutes(3)))
struct AmbiguityTests {
    /// What hangs, and how the worker gets away from it.
    struct Row: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var operation: S3Operation
        var size: Int64
        var isCancelled = false
    }

    @Test(
        "what it was asked for appears when it goes on, and the retry ends in alreadyPresent",
        arguments: [
            Row(testDescription: "at once, timed out", operation: .putObject, size: 65_536),
            Row(testDescription: "at once, cancelled", operation: .putObject, size: 65_536, isCancelled: true),
            Row(testDescription: "in parts, timed out", operation: .completeUpload, size: 12 << 20),
            Row(testDescription: "in parts, cancelled", operation: .completeUpload, size: 12 << 20, isCancelled: true),
        ])
    func hangs(row: Row) async throws {
        let server = try await RGWServer.start()
        let store = try await FaultyStore(on: server)
        let source = GeneratedSource(size: row.size)
        let request = try StoreRequest.fresh()
        // Everything before has been answered when the request comes to the proxy, which holds it until the store hangs.
        store.proxy.inject(
            .delay(.seconds(1)),
            when: { [operation = row.operation] in
                $0.operation == operation && $0.path.hasSuffix("/" + request.keyText)
            })
        let writing = Task { try await store.storage.store(request, from: source) }
        await store.proxy.requests.first { requests in requests.contains { $0.fault != nil } }
        try server.stopOSD()
        if row.isCancelled {
            await store.proxy.requests.first { requests in
                requests.contains { $0.fault != nil && $0.forwardedBytes >= (row.operation == .putObject ? 65_536 : 1) }
            }
            writing.cancel()
        }
        let error = await #expect(throws: StorageError.self) { try await writing.value }
        #expect(error?.code == (row.isCancelled ? .cancelled : .timedOut), "\(error.map { "\($0)" } ?? "")")
        #expect(error?.isAmbiguous == true)
        try server.continueOSD()
        try await require(eventually: "the archive; the store said:\n\(server.lastLines)") {
            try await store.keys().contains(request.keyText)
        }
        let receipt = try await store.storage.store(request.again, from: source)
        #expect(receipt.alreadyPresent && receipt.handle.sha256 == source.sha256)
        try await store.expectOnly(request, sha256: source.sha256)
        #expect(try await store.storage.bytes(request.keyText) == source.bytes)
        // Others who come with other bytes are refused.
        let other = await #expect(throws: StorageError.self) {
            try await store.storage.store(request.again, from: GeneratedSource(size: row.size, seed: 2))
        }
        #expect(other?.code == .conflict)
    }

    @Test("a gateway that is killed in the middle of a part comes back, and the upload goes on")
    func killedGateway() async throws {
        let server = try await RGWServer.start()
        let store = try await FaultyStore(on: server, partsAtOnce: 1)
        let source = GeneratedSource(size: 20 << 20)
        let request = try StoreRequest.fresh()
        let bytes = SeekableSource(source.bytes, .waits(after: 12 << 20))
        let writing = Task { try await store.storage.store(request, from: bytes) }
        await bytes.waiting()
        try await server.killGateway()
        bytes.release()
        let error = await #expect(throws: StorageError.self) { try await writing.value }
        #expect(error?.code == .unavailable && error?.retry != .permanent)
        try await server.restartGateway()
        let receipt = try await store.storage.store(request.again, from: SeekableSource(source.bytes))
        #expect(receipt.resumedBytes > 0)
        try await store.expectOnly(request, sha256: source.sha256)
    }
}
