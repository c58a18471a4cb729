import Storage
import StowageContract
import Testing

extension ConformanceCase {
    static let retentions: [ConformanceCase] = [
        ConformanceCase("a retained archive is not deleted before its time") { harness in
            let store = try await harness.open()
            let until = Timestamp(millisecondsSinceEpoch: store.clock.now.millisecondsSinceEpoch + 10_000_000)
            let request = StoreRequest(
                taskID: freshID(), name: "kept.bin", retention: Retention(mode: .governance, until: until))
            let handle = try await store.store(request, GeneratedSource(size: 10)).handle
            // Stores keep whole seconds: never fewer than were asked for.
            let late = (handle.retention?.until.millisecondsSinceEpoch ?? 0) - until.millisecondsSinceEpoch
            #expect(harness.capabilities.retention ? (0..<1000).contains(late) : late == 0)
            #expect(handle.retention?.enforcedBy == (harness.capabilities.retention ? .store : .stowage))
            let error = try await delete(store, handle)
            #expect(error?.code == .retained)
            #expect(error?.context["until"] == handle.retention?.until.text)
            guard !harness.capabilities.retention else { return }
            store.clock.turn(by: 10_100)
            #expect(try await delete(store, handle) == nil)
        },
        ConformanceCase("a retention is prolonged, never shortened, never loosened", where: stowageRetains) { harness in
            let store = try await harness.open()
            let start = store.clock.now.millisecondsSinceEpoch
            func moment(_ seconds: Int64) -> Timestamp { Timestamp(millisecondsSinceEpoch: start + seconds * 1000) }
            let request = StoreRequest(
                taskID: freshID(), name: "kept.bin", retention: Retention(mode: .governance, until: moment(10_000)))
            let handle = try await store.store(request, GeneratedSource(size: 10)).handle
            let longer = Retention(mode: .compliance, until: moment(20_000))
            let id = freshID("r")
            for _ in 0..<2 {
                let state = try await retain(store, handle, longer, id)
                #expect(state.retention?.until == moment(20_000))
                #expect(state.retention?.mode == .compliance)
            }
            #expect(try await store.stat(handle.key)?.retention?.until == moment(20_000))
            let shorter = Retention(mode: .compliance, until: moment(15_000))
            let looser = Retention(mode: .governance, until: moment(30_000))
            for refused in [shorter, looser] {
                let error = try await store.error { _ in
                    _ = try await retain(store, handle, refused, freshID("r"))
                }
                #expect(error.code == .conflict)
            }
            store.clock.turn(by: 15_000)
            #expect(try await delete(store, handle)?.code == .retained)
            store.clock.turn(by: 5_100)
            #expect(try await delete(store, handle) == nil)
        },
        ConformanceCase("a hold stands until a record releases it by name", where: stowageRetains) { harness in
            let store = try await harness.open()
            let request = StoreRequest(taskID: freshID(), name: "held.bin", legalHold: true)
            let handle = try await store.store(request, GeneratedSource(size: 10)).handle
            #expect(handle.legalHold)
            let holder = freshID("h")
            let held = try await store.delivered { _ in
                try await store.storage.retain(
                    RetainData(archive: .key(handle.key), legalHold: true), taskID: holder)
            }
            #expect(Set(held.holds) == [holder, request.taskID])
            #expect(try await delete(store, handle)?.code == .retained)
            let left = try await store.delivered { _ in
                try await store.storage.retain(
                    RetainData(archive: .key(handle.key), releases: [request.taskID]), taskID: freshID("r"))
            }
            #expect(left.holds == [holder])
            #expect(try await delete(store, handle)?.context["holds"] == holder.text)
            _ = try await store.delivered { _ in
                try await store.storage.retain(
                    RetainData(archive: .key(handle.key), releases: [holder]), taskID: freshID("r"))
            }
            #expect(try await store.stat(handle.key)?.legalHold == false)
            #expect(try await delete(store, handle) == nil)
        },
        ConformanceCase("retaining what is not there is not found", where: stowageRetains) { harness in
            let store = try await harness.open()
            let error = try await store.error { _ in
                let data = RetainData(archive: .key(freshID().text + "/none"), legalHold: true)
                _ = try await store.storage.retain(data, taskID: freshID("r"))
            }
            #expect(error.code == .notFound)
        },
        ConformanceCase("a retention that only a store can enforce is refused where it cannot", where: stowageRetains) {
            harness in
            let store = try await harness.open()
            let until = Timestamp(millisecondsSinceEpoch: store.clock.now.millisecondsSinceEpoch + 10_000_000)
            let error = try await store.error { _ in
                let request = StoreRequest(
                    taskID: freshID(), name: "kept.bin",
                    retention: Retention(mode: .compliance, until: until, enforcedBy: .store))
                _ = try await store.storage.store(request, from: GeneratedSource(size: 10))
            }
            #expect(error.code == .unsupported)
        },
    ]

    private static let stowageRetains: @Sendable (DriverHarness) -> Bool = { !$0.capabilities.retention }

    private static func retain(
        _ store: StorageUnderTest, _ handle: ArchiveHandle, _ retention: Retention, _ id: TaskID
    ) async throws -> RetentionState {
        try await store.delivered { _ in
            try await store.storage.retain(RetainData(archive: .key(handle.key), retention: retention), taskID: id)
        }
    }

    private static func delete(_ store: StorageUnderTest, _ handle: ArchiveHandle) async throws -> StorageError? {
        do {
            _ = try await store.delivered { _ in
                try await store.storage.delete(.key(handle.key), taskID: freshID("d"))
            }
            return nil
        } catch let error as StorageError {
            return error
        }
    }
}
