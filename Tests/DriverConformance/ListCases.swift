import Storage
import StowageContract
import Testing

extension ConformanceCase {
    static let listings: [ConformanceCase] = [
        ConformanceCase("a listing has every archive once, in byte order of key, whatever the page", where: lists) {
            harness in
            let store = try await harness.open()
            var keys: [String] = []
            for path in [nil, "a", "a-b", "a/b", "a/b/c", "a.b", "ab", "ä", "A", "z"] as [String?] {
                for name in ["1", "-2", "ü"] {
                    let request = StoreRequest(taskID: freshID(), name: name, path: path)
                    try await store.store(request, GeneratedSource(size: 3))
                    keys.append(request.keyText)
                }
            }
            keys.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            for limit in [1, 7, 30, 1000] { #expect(try await store.keys(limit: limit) == keys) }
            for prefix in ["a", "a/", "a/b", "a/b/", "ä/", "none", keys[3]] {
                let expected = keys.filter { $0.utf8.starts(with: prefix.utf8) }
                #expect(try await store.keys(prefix, limit: 2) == expected, "\(prefix)")
            }
        },
        ConformanceCase("paging skips nothing that was there from the start, whatever is added", where: lists) {
            harness in
            let store = try await harness.open()
            var there: Set<String> = []
            for index in 0..<20 {
                let request = StoreRequest(taskID: freshID("m"), name: "n\(index)", path: "p\(index % 3)")
                try await store.store(request, GeneratedSource(size: 3))
                there.insert(request.keyText)
            }
            var seen: [String] = []
            var after: String?
            repeat {
                let from = after
                let page = try await store.delivered { _ in
                    try await store.storage.list(ListData(after: from, limit: 3))
                }
                seen += page.archives.map(\.key)
                after = page.next
                for path in ["a", "p1", "z"] {
                    try await store.store(
                        StoreRequest(taskID: freshID(), name: "new", path: path), GeneratedSource(size: 3))
                }
            } while after != nil && seen.count < 500
            #expect(there.isSubset(of: seen))
            #expect(Set(seen).count == seen.count)
        },
        ConformanceCase("an entry says what its handle says", where: lists) { harness in
            let store = try await harness.open()
            let request = StoreRequest(taskID: freshID(), name: "entry.bin")
            let handle = try await store.store(request, GeneratedSource(size: 77)).handle
            let page = try await store.delivered { _ in try await store.storage.list(ListData()) }
            let entry = try #require(page.archives.first)
            #expect(page.archives.count == 1)
            #expect(entry.key == handle.key && entry.size == 77 && entry.taskID == handle.taskID)
            let difference = entry.storedAt.millisecondsSinceEpoch - handle.storedAt.millisecondsSinceEpoch
            #expect(harness.capabilities.listsStoreTimes ? abs(difference) < 60_000 : difference == 0)
            #expect(page.next == nil)
        },
    ]

    private static let lists: @Sendable (DriverHarness) -> Bool = { $0.capabilities.list }
}
