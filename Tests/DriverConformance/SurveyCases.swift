import Storage
import StowageContract
import Testing

extension ConformanceCase {
    static let surveys: [ConformanceCase] = [
        ConformanceCase("verify tells right bytes from a wrong promise and from nothing") { harness in
            let store = try await harness.open()
            let request = StoreRequest(taskID: freshID(), name: "proved.bin")
            let handle = try await store.store(request, GeneratedSource(size: 2 << 20)).handle
            let right = try await verify(store, VerifyData(archive: .handle(handle)))
            #expect(right == VerifyResult(state: .ok, expectedSHA256: handle.sha256, actualSHA256: handle.sha256))
            let other = GeneratedSource(size: 1).sha256
            let wrong = try await verify(store, VerifyData(archive: .key(handle.key), sha256: other))
            #expect(wrong == VerifyResult(state: .mismatch, expectedSHA256: other, actualSHA256: handle.sha256))
            let none = try await verify(store, VerifyData(archive: .key(freshID().text + "/none")))
            #expect(none.state == .missing)
        },
        ConformanceCase("a probe of a store that answers succeeds") { harness in
            let store = try await harness.open()
            try await store.delivered { _ in try await store.storage.probe() }
        },
        ConformanceCase("capacity tells what it can", where: { $0.capabilities.capacity }) { harness in
            let store = try await harness.open()
            try await store.store(StoreRequest(taskID: freshID(), name: "a"), GeneratedSource(size: 1000))
            let capacity = try await store.delivered { _ in try await store.storage.capacity() }
            try #require(capacity.usedBytes != nil || capacity.freeBytes != nil)
            if let used = capacity.usedBytes { #expect(used >= 1000) }
            if let free = capacity.freeBytes { #expect(free >= 0) }
            if let total = capacity.totalBytes, let free = capacity.freeBytes { #expect(free <= total) }
        },
        ConformanceCase("a check passes every step that it takes", where: { $0.stack != .faulty }) { harness in
            let store = try await harness.open()
            let plain = try await store.storage.check(CheckData(), taskID: freshID("check"))
            #expect(plain.ok)
            #expect(plain.steps.map(\.name) == CheckResult.Step.Name.allCases)
            let skipped = plain.steps.filter { $0.outcome == .skipped }.map(\.name)
            #expect(skipped == [.refuseEarlyDelete, .refuseShorten] || harness.capabilities.retention)
            let worm = try await store.storage.check(CheckData(worm: true), taskID: freshID("check"))
            #expect(worm.ok, "\(worm)")
            #expect(worm.steps.map(\.name) == CheckResult.Step.Name.allCases)
            let reading = try await store.storage.check(CheckData(write: false), taskID: freshID("check"))
            #expect(reading.steps.filter { $0.outcome == .passed }.map(\.name) == [.connect, .authenticate])
        },
        ConformanceCase("a sweep leaves archives and their records alone") { harness in
            let store = try await harness.open()
            let request = StoreRequest(taskID: freshID(), name: "kept.bin")
            let handle = try await store.store(request, GeneratedSource(size: 10)).handle
            store.clock.turn(by: 10_000_000)
            #expect(try await store.delivered { _ in try await store.storage.sweep(olderThan: .seconds(60)) } == 0)
            #expect(try await store.stat(handle.key) == handle)
        },
    ]

    private static func verify(_ store: StorageUnderTest, _ data: VerifyData) async throws -> VerifyResult {
        try await store.delivered { _ in try await store.storage.verify(data) }
    }
}
