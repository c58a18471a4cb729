import DriverConformance
import Storage
import StowageContract
import TestSupport
import Testing

@Suite("Faults on the way from the store", .timeLimit(.minutes(3)))
struct ReadFaultTests {
    /// A fault in the way of one read.
    struct Row: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var fault: Fault
        var code: ErrorCode
    }

    @Test(
        "what is read is whole, or ends as an error that may pass",
        arguments: [
            Row(testDescription: "cut", fault: .cutAnswer, code: .unavailable),
            Row(testDescription: "only the head", fault: .breakAnswer(.bytes(0), .close), code: .unavailable),
            Row(testDescription: "one byte short", fault: .breakAnswer(.bytes(1_999_999), .close), code: .unavailable),
            Row(testDescription: "reset", fault: .breakAnswer(.half, .reset), code: .unavailable),
            Row(testDescription: "stalled", fault: .breakAnswer(.half, .stall), code: .timedOut),
            Row(
                testDescription: "other bytes", fault: .replaceAnswer(Reply("200 OK", body: "somebody else's")),
                code: .integrityMismatch),
        ])
    func reads(row: Row) async throws {
        let store = try await FaultyStore()
        let source = GeneratedSource(size: 2_000_000)
        let request = try StoreRequest.fresh()
        _ = try await store.storage.store(request, from: source)
        store.proxy.inject(row.fault, into: .getObject)
        let error = await #expect(throws: StorageError.self) { try await store.storage.bytes(request.keyText) }
        #expect(error?.code == row.code && error?.retry != .permanent, "\(error.map { "\($0)" } ?? "")")
        #expect(error?.isAmbiguous == false)
        store.proxy.heal()
        #expect(try await store.storage.bytes(request.keyText) == source.bytes)
    }

    @Test("a part of an archive is as long as it was asked for, or ends as an error", arguments: [true, false])
    func range(isCut: Bool) async throws {
        let store = try await FaultyStore()
        let source = GeneratedSource(size: 2_000_000)
        let request = try StoreRequest.fresh()
        _ = try await store.storage.store(request, from: source)
        // The second fault: the whole archive instead of the part.
        let whole = Fault.replaceAnswer(Reply("200 OK", body: String(repeating: "x", count: 1000)))
        store.proxy.inject(isCut ? .cutAnswer : whole, into: .getObject, times: isCut ? 1 : .max)
        let range = ByteRange(offset: 1000, length: 1000)
        let error = await #expect(throws: StorageError.self) { try await store.storage.bytes(request.keyText, range) }
        #expect(error?.code == .unavailable && error?.retry != .permanent)
        store.proxy.heal()
        #expect(try await store.storage.bytes(request.keyText, range) == Array(source.bytes[1000..<2000]))
    }

    @Test("a blip before the first byte is passed over")
    func blips() async throws {
        let store = try await FaultyStore()
        let source = GeneratedSource(size: 100_000)
        let request = try StoreRequest.fresh()
        _ = try await store.storage.store(request, from: source)
        for fault in [Fault.internalError, .resetBefore, .slowDown, .resetAfter] {
            for operation in [S3Operation.getObject, .headObject] { store.proxy.inject(fault, into: operation) }
            #expect(try await store.storage.bytes(request.keyText) == source.bytes)
            #expect(try await store.storage.stat(.key(request.keyText))?.sha256 == source.sha256)
        }
    }
}
