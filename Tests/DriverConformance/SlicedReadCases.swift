import ServiceRuntime
import Storage
import StowageContract
import Testing

extension ConformanceCase {
    static let slicedReads: [ConformanceCase] = [
        slicedRead("a verify in slices reads on where the one before stopped, and says what one at once says") {
            harness in
            let store = try await harness.open()
            let size: Int64 = 5 << 20
            let handle = try await store.store(
                StoreRequest(taskID: freshID(), name: "sliced.bin"), GeneratedSource(size: size)
            ).handle
            let whole = try await store.storage.verify(VerifyData(archive: .handle(handle)))
            var (checkpoint, slices, done): (String?, Int, Int64) = (nil, 0, 0)
            while true {
                slices += 1
                let meter = TransferMeter()
                let slice = Slice(until: .zero, time: .system, checkpoint: checkpoint)
                var result: VerifyResult?
                do throws(StorageError) {
                    result = try await store.storage.verify(
                        VerifyData(archive: .handle(handle)), slice: slice, meter: meter)
                } catch {
                    #expect(error.code == .cancelled && slice.isHandedOver)
                }
                #expect(meter.reading.bytesDone > done && meter.reading.bytesTotal == size)
                done = meter.reading.bytesDone
                if let result {
                    #expect(result == whole && result.state == .ok && !slice.isHandedOver && done == size)
                    break
                }
                let left: String = try #require(slice.nextCheckpoint)
                checkpoint = left
                try #require(slices <= 1000)
            }
            #expect(slices > 1)
        },
        slicedRead("a verify goes on only with the archive that it began with") { harness in
            let store = try await harness.open()
            let handles = try await [1, 2].mapped { seed in
                try await store.store(
                    StoreRequest(taskID: freshID(), name: "sliced.bin"),
                    GeneratedSource(size: 5 << 20, seed: UInt64(seed))
                ).handle
            }
            let first = Slice(until: .zero, time: .system)
            await #expect(throws: StorageError.self) {
                try await store.storage.verify(VerifyData(archive: .handle(handles[0])), slice: first)
            }
            let checkpoint = try #require(first.nextCheckpoint)
            // Somebody else's checkpoint, and none at all, begin at the start.
            for (handle, checkpoint) in [(handles[1], checkpoint), (handles[0], "{}"), (handles[0], checkpoint)] {
                let slice = Slice(until: nil, time: .system, checkpoint: checkpoint)
                let result = try await store.storage.verify(VerifyData(archive: .handle(handle)), slice: slice)
                #expect(result.state == .ok && result.actualSHA256 == handle.sha256)
            }
        },
        ConformanceCase(
            "without range reads a verify is kept to its end",
            where: { !$0.capabilities.rangeRead && $0.stack != .faulty }
        ) { harness in
            let store = try await harness.open()
            let handle = try await store.store(
                StoreRequest(taskID: freshID(), name: "whole.bin"), GeneratedSource(size: 5 << 20)
            ).handle
            let slice = Slice(until: .zero, time: .system)
            let result = try await store.storage.verify(VerifyData(archive: .handle(handle)), slice: slice)
            #expect(result.state == .ok && !slice.isHandedOver)
        },
    ]

    private static func slicedRead(
        _ promise: String, _ body: @escaping @Sendable (DriverHarness) async throws -> Void
    ) -> ConformanceCase {
        ConformanceCase(promise, where: { $0.capabilities.rangeRead && $0.stack != .faulty }, body)
    }
}

extension Sequence {
    /// The results in order.
    fileprivate func mapped<Value>(_ body: (Element) async throws -> Value) async throws -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await body(element)) }
        return values
    }
}
