import Storage
import StowageContract
import Testing

extension ConformanceCase {
    /// Copies from one store of the driver's kind to another.
    static let copies: [ConformanceCase] = [
        ConformanceCase("a copy keeps key, manifest and bytes, and a second one finds it") { harness in
            let (from, to) = (try await harness.open(), try await harness.open())
            let request = StoreRequest(
                taskID: freshID(), name: "ä.bin", path: "x", mediaType: "text/plain", metadata: ["course": "ü"])
            let source = GeneratedSource(size: 2_500_000)
            let original = try await from.store(request, source).handle
            for (round, id) in [freshID("c"), freshID("d")].enumerated() {
                for _ in 1...2 {
                    let receipt = try await copy(original, from, to, id)
                    var expected = original
                    expected.storeID = to.storage.storeID
                    expected.version = receipt.handle.version
                    expected.etag = receipt.handle.etag
                    expected.tier = receipt.handle.tier
                    #expect(receipt.handle == expected)
                    #expect(receipt.alreadyPresent || round == 0)
                }
            }
            #expect(try await to.bytes(original.key) == source.bytes)
            #expect(try await to.keys() == [original.key])
            #expect(try await from.stat(original.key) == original)
        },
        ConformanceCase("a copy below a path has a key of its own") { harness in
            let (from, to) = (try await harness.open(), try await harness.open())
            let request = StoreRequest(taskID: freshID(), name: "a.bin", metadata: ["a": "b"])
            let original = try await from.store(request, GeneratedSource(size: 1000)).handle
            let id = freshID("c")
            for place in [to, from] {
                for _ in 1...2 {
                    let handle = try await copy(original, from, place, id, path: "copies/x").handle
                    #expect(handle.key == "copies/x/\(id)/a.bin" && handle.taskID == id)
                    #expect(handle.sha256 == original.sha256 && handle.metadata == ["a": "b"])
                }
                #expect(try await place.bytes("copies/x/\(id)/a.bin") == GeneratedSource(size: 1000).bytes)
            }
        },
        ConformanceCase(
            "a store that copies by itself takes no bytes from us, and has them all",
            where: { $0.capabilities.serverSideCopy }
        ) { harness in
            let (from, to) = (try await harness.open(), try await harness.open())
            let source = GeneratedSource(size: harness.longArchiveBytes)
            let request = StoreRequest(taskID: freshID(), name: "a.bin", metadata: ["a": "b"])
            let original = try await from.store(request, source).handle
            for path in [nil, "copies"] {
                let id = freshID("c")
                let receipt = try await copy(original, from, to, id, path: path)
                #expect(receipt.sourceBytes == 0)
                #expect(receipt.handle.sha256 == source.sha256 && receipt.handle.metadata == ["a": "b"])
                #expect(try await to.bytes(receipt.handle.key) == source.bytes)
                let again = try await copy(original, from, to, id, path: path, mayHaveRunBefore: true)
                #expect(again.alreadyPresent && again.handle == receipt.handle)
            }
            #expect(try await from.stat(original.key) == original)
        },
        ConformanceCase("an archive is not copied onto itself") { harness in
            let store = try await harness.open()
            guard store.storage.storeID != nil else { return }
            let original = try await store.store(
                StoreRequest(taskID: freshID(), name: "a.bin"), GeneratedSource(size: 10)
            ).handle
            let error = try await store.error { _ in _ = try await copy(original, store, store, freshID("c")) }
            #expect(error.code == .conflict && error.retry == .permanent && error.place == .task, "\(error)")
        },
        ConformanceCase("another archive under the copy's key is a conflict, and stays as it is") { harness in
            let (from, to) = (try await harness.open(), try await harness.open())
            let request = StoreRequest(taskID: freshID(), name: "a.bin")
            let original = try await from.store(request, GeneratedSource(size: 10)).handle
            let other = try await to.store(request, GeneratedSource(size: 10, seed: 3)).handle
            let error = try await to.error { _ in _ = try await copy(original, from, to, freshID("c")) }
            #expect(error.code == .conflict && error.place == .destination, "\(error)")
            #expect(error.context["stored"] == other.sha256 && error.context["source"] == original.sha256)
            #expect(try await to.stat(original.key) == other)
        },
        ConformanceCase("the same archive, stored there by its own task, is the copy") { harness in
            let (from, to) = (try await harness.open(), try await harness.open())
            let request = StoreRequest(taskID: freshID(), name: "a.bin", path: "x", metadata: ["a": "b"])
            let original = try await from.store(request, GeneratedSource(size: 10)).handle
            let there = try await to.store(request, GeneratedSource(size: 10)).handle
            let receipt = try await copy(original, from, to, freshID("c"))
            #expect(receipt.alreadyPresent && receipt.handle == there)
        },
        ConformanceCase("a copy is protected as its original is, by the same names", where: stowageRetains) { harness in
            let (from, to) = (try await harness.open(), try await harness.open())
            let original = try await protected(from)
            let holder = freshID("h")
            let later = moment(from, 300)
            try await retain(
                from, original, holder, Retention(mode: .compliance, until: later), hold: true)
            let id = freshID("c")
            let handle = try await copy(original, from, to, id).handle
            #expect(
                handle.retention == Retention(mode: .compliance, until: later, enforcedBy: .stowage) && handle.legalHold
            )
            let refused = try await refusal(to, handle)
            #expect(refused.context["until"] == later.text)
            #expect(
                Set((refused.context["holds"] ?? "").split(separator: ",").map { trimmed($0) })
                    == [holder.text, original.taskID.text])
            try await retain(to, handle, freshID("r"), nil, releases: [holder, original.taskID])
            to.clock.turn(by: 301)
            let isGone = try await to.delivered { again in
                try await to.storage.delete(.handle(handle), taskID: freshID("d")) || again
            }
            #expect(isGone)
        },
        ConformanceCase("a copy delivered again is not touched by what its original got since", where: stowageRetains) {
            harness in
            let (from, to) = (try await harness.open(), try await harness.open())
            let original = try await protected(from)
            for path in [nil, "p"] {
                let id = freshID("c")
                let first = try await copy(original, from, to, id, path: path).handle
                let until = moment(from, path == nil ? 400 : 500)
                try await retain(
                    from, original, freshID("r"), Retention(mode: .governance, until: until), hold: true)
                let second = try await copy(original, from, to, id, path: path)
                #expect(second.alreadyPresent && second.handle == first)
            }
        },
        ConformanceCase("a copy that stood with less protection gets what it lacks", where: stowageRetains) { harness in
            let (from, to) = (try await harness.open(), try await harness.open())
            let request = StoreRequest(taskID: freshID(), name: "a.bin")
            let original = try await from.store(request, GeneratedSource(size: 10)).handle
            _ = try await to.store(request, GeneratedSource(size: 10))
            let until = moment(from, 100)
            try await retain(
                from, original, freshID("r"), Retention(mode: .governance, until: until), hold: true)
            let id = freshID("c")
            for round in 1...3 {
                let handle = try await copy(original, from, to, id, mayHaveRunBefore: round > 1).handle
                #expect(handle.retention?.until == until && handle.legalHold)
                // What the original gets later is no reason for another delivery to fail.
                if round == 2 {
                    let later = Retention(mode: .compliance, until: moment(from, 200))
                    try await retain(from, original, freshID("r"), later, hold: true)
                }
            }
            #expect(try await refusal(to, original).context["holds"] == id.text)
        },
        ConformanceCase("a retention that has ended is not carried over", where: stowageRetains) { harness in
            let (from, to) = (try await harness.open(), try await harness.open())
            let until = moment(from, 100)
            let request = StoreRequest(
                taskID: freshID(), name: "a.bin", retention: Retention(mode: .governance, until: until))
            let original = try await from.store(request, GeneratedSource(size: 10)).handle
            for store in [from, to] { store.clock.turn(by: 101) }
            let handle = try await copy(original, from, to, freshID("c")).handle
            #expect(handle.retention == nil && !handle.legalHold)
        },
    ]

    private static let stowageRetains: @Sendable (DriverHarness) -> Bool = { !$0.capabilities.retention }

    private static func copy(
        _ original: ArchiveHandle, _ from: StorageUnderTest, _ to: StorageUnderTest, _ id: TaskID, path: String? = nil,
        mayHaveRunBefore: Bool = false
    ) async throws -> StoreReceipt {
        try await to.delivered { again in
            let origin = try await from.storage.origin(.handle(original))
            return try await to.storage.copy(
                origin, from: from.storage, by: id, path: path, mayHaveRunBefore: mayHaveRunBefore || again)
        }
    }

    private static func protected(_ store: StorageUnderTest) async throws -> ArchiveHandle {
        let request = StoreRequest(
            taskID: freshID(), name: "kept.bin", retention: Retention(mode: .governance, until: moment(store, 100)),
            legalHold: true)
        return try await store.store(request, GeneratedSource(size: 10)).handle
    }

    private static func retain(
        _ store: StorageUnderTest, _ handle: ArchiveHandle, _ id: TaskID, _ retention: Retention?, hold: Bool? = nil,
        releases: [TaskID] = []
    ) async throws {
        let data = RetainData(
            archive: .key(handle.key), retention: retention, legalHold: hold, releases: releases)
        _ = try await store.delivered { _ in try await store.storage.retain(data, taskID: id) }
    }

    private static func refusal(_ store: StorageUnderTest, _ handle: ArchiveHandle) async throws -> StorageError {
        let error = try await store.error { _ in
            _ = try await store.storage.delete(.key(handle.key), taskID: freshID("d"))
        }
        #expect(error.code == .retained)
        return error
    }

    private static func moment(_ store: StorageUnderTest, _ seconds: Int64) -> Timestamp {
        Timestamp(millisecondsSinceEpoch: store.clock.now.millisecondsSinceEpoch + seconds * 1000)
    }

    private static func trimmed(_ text: Substring) -> String { String(text.drop { $0 == " " }) }
}
