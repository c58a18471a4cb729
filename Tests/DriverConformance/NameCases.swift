import Storage
import StowageContract
import Testing

extension ConformanceCase {
    static let names: [ConformanceCase] = [
        ConformanceCase("odd names come back as they were given") { harness in
            let store = try await harness.open()
            let limit = harness.capabilities.longestSegmentBytes
            let names = [
                "with space", " leading", "trailing ", "-rf", "--help", "100%", "%2e%2e", "quote\"s'`", "back\\slash",
                "question?", "star*", "semi;colon", "a&b=c#d", "$(reboot)", "ünï", "日本語.tar", "🎓", "..hidden", "...",
                "tab-less", "+plus", "colon:name", "~", String(repeating: "x", count: limit),
                String(repeating: "é", count: limit / 2),
            ]
            for name in names {
                var request = StoreRequest(taskID: freshID(), name: name, path: "odd \(name.prefix(20))/-x")
                if harness.refusesNames(request.path ?? "", name) {
                    try await expectRefusal(of: request, by: store)
                    request.path = "odd"
                }
                if harness.refusesNames(request.path ?? "", name) {
                    try await expectRefusal(of: request, by: store)
                    continue
                }
                let receipt = try await store.store(request, GeneratedSource(size: 10))
                #expect(receipt.handle.name.utf8.elementsEqual(name.utf8), "\(name)")
                #expect(try await store.stat(receipt.handle.key)?.name == name)
                if harness.capabilities.list {
                    #expect(try await store.keys().contains { $0.utf8.elementsEqual(receipt.handle.key.utf8) })
                }
            }
        },
        ConformanceCase("decomposed names are the composed ones") { harness in
            let store = try await harness.open()
            let id = freshID()
            let composed = "Gr\u{F6}\u{DF}e", decomposed = "Gro\u{308}\u{DF}e"
            let receipt = try await store.store(
                StoreRequest(taskID: id, name: decomposed, path: decomposed), GeneratedSource(size: 10))
            let key = "\(composed)/\(id.text)/\(composed)"
            #expect(receipt.handle.key.utf8.elementsEqual(key.utf8))
            #expect(try await store.stat("\(decomposed)/\(id.text)/\(decomposed)") == receipt.handle)
            #expect(try await store.stat(key) == receipt.handle)
        },
        ConformanceCase("names that play tricks are refused before any byte moves") { harness in
            let store = try await harness.open()
            let long = String(repeating: "x", count: 256)
            let names = [
                "", ".", "..", "a/b", "/", "a\0b", "a\nb", "\u{85}", "\u{7F}", ".stowage.json", ".stowage-x", long,
            ]
            for name in names {
                let error = try await store.error { _ in
                    let request = StoreRequest(taskID: freshID(), name: name)
                    _ = try await store.storage.store(request, from: GeneratedSource(size: 1))
                }
                #expect(error.code == .invalidTask, "\(name)")
                #expect(error.place == .task)
            }
            let paths = ["/a", "a/", "a//b", "../a", "a/../b", "./a", "a/.stowage-x/b", "a\0", "a/" + long]
            for path in paths {
                let error = try await store.error { _ in
                    let request = StoreRequest(taskID: freshID(), name: "n", path: path)
                    _ = try await store.storage.store(request, from: GeneratedSource(size: 1))
                }
                #expect(error.code == .invalidTask, "\(path)")
            }
            let keys = ["", "a", "/etc/passwd", "../x/y", "a/../b/c", "x/.stowage.json", "\u{E4}/name", "a//b"]
            for key in keys {
                let error = try await store.error { _ in _ = try await store.storage.stat(.key(key)) }
                #expect(error.code == .invalidTask, "\(key)")
            }
        },
    ]
    private static func expectRefusal(of request: StoreRequest, by store: StorageUnderTest) async throws {
        let error = try await store.error { _ in
            _ = try await store.storage.store(request, from: GeneratedSource(size: 10))
        }
        #expect(error.code == .invalidTask && error.retry == .permanent, "\(request.name)")
    }
}
