import ServiceRuntime
import Sharing
import Storage
import StowageContract
import TestSupport
import Testing

@testable import StorageDrivers

/// Looks at a store whose listings are let go one by one.
@Suite("Looks into folders", .timeLimit(.minutes(1)))
struct S3LooksTests {
    @Test("while a listing is under way others wait, and one more is enough for all of them")
    func together() async throws {
        let store = Shelf((0..<10).map { "p/t-\($0)/a" })
        let found = try await withThrowingTaskGroup(of: [String].self) { group in
            group.addTask { try await store.look("p/t-0/") }
            try await store.listings(1)
            for number in 1..<10 { group.addTask { try await store.look("p/t-\(number)/") } }
            #expect(try await eventually { store.looks.waiting == 9 })
            store.open()
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(found.sorted() == (0..<10).map { "p/t-\($0)/a" })
        #expect(store.asked.value.map { $0.prefix(6) } == ["folder", "stretc"])
    }

    @Test("an answer that hangs holds up few: for as many as are worth it there is a second listing")
    func crowd() async throws {
        let store = Shelf((10..<70).map { "p/t-\($0)/a" })
        let found = try await withThrowingTaskGroup(of: [String].self) { group in
            group.addTask { try await store.look("p/t-10/") }
            try await store.listings(1)
            for number in 11..<70 { group.addTask { try await store.look("p/t-\(number)/") } }
            try await store.listings(2)
            #expect(try await eventually { store.looks.waiting == 58 })
            #expect(store.asked.value.count == 2)
            store.open()
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(found.sorted() == (10..<70).map { "p/t-\($0)/a" })
    }

    @Test("with writes under way a listing waits for as many as are still to come, and then is enough for all")
    func company() async throws {
        let clock = ManualClock()
        let store = Shelf((0..<8).map { "p/t-\($0)/a" }, clock.time)
        store.open()
        let writes = Watched(4)
        let found = try await withThrowingTaskGroup(of: [String].self) { group in
            for number in 0..<4 {
                group.addTask { try await store.write { await writes.first { $0 <= number } } }
            }
            #expect(try await eventually { store.looks.present == 4 })
            group.addTask { try await store.lookAmong("p/t-0/") }
            await clock.waitForSleepers(1)
            group.addTask { try await store.lookAmong("p/t-1/") }
            #expect(try await eventually { store.looks.waiting == 1 })
            // Two of four: one who writes has to come to an end, or another one to look.
            writes.change { $0 = 3 }
            #expect(try await eventually { store.looks.present == 5 })
            #expect(store.asked.value.isEmpty && store.looks.waiting == 1)
            group.addTask { try await store.lookAmong("p/t-2/") }
            #expect(try await eventually { store.looks.waiting == 0 })
            writes.change { $0 = 0 }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(found.sorted() == ["p/t-0/a", "p/t-1/a", "p/t-2/a"])
        #expect(store.asked.value == ["stretch p/t-0/"] && clock.elapsed == .zero)
    }

    @Test("a listing does not wait for company for long, nor where nobody writes")
    func patience() async throws {
        let clock = ManualClock()
        let store = Shelf(["p/t-0/a", "p/t-1/a"], clock.time)
        store.open()
        #expect(try await store.look("p/t-0/") == ["p/t-0/a"])
        let end = Watched(false)
        let found = try await withThrowingTaskGroup(of: [String].self) { group in
            for _ in 0..<3 { group.addTask { try await store.write { await end.first { $0 } } } }
            #expect(try await eventually { store.looks.present == 3 })
            group.addTask {
                let found = try await store.look("p/t-1/")
                end.change { $0 = true }
                return found
            }
            await clock.waitForSleepers(1)
            #expect(store.asked.value.count == 1)
            clock.advance(by: .milliseconds(100))
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(found == ["p/t-1/a"])
        #expect(store.asked.value == ["folder p/t-0/", "folder p/t-1/"])
    }

    @Test("folders that lie far apart are soon looked into one by one, and nobody waits")
    func apart() async throws {
        let strangers = (0..<300).map { "p/m-\(1000 + $0)/a" }
        let store = Shelf((0..<10).map { "p/\($0 < 5 ? "a" : "z")-\($0)/a" } + strangers)
        _ = try await withThrowingTaskGroup(of: [String].self) { group in
            group.addTask { try await store.look("p/a-0/") }
            try await store.listings(1)
            for number in 5..<10 { group.addTask { try await store.look("p/z-\(number)/") } }
            group.addTask { try await store.look("p/a-2/") }
            #expect(try await eventually { store.looks.waiting == 6 })
            store.open()
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(store.looks.waiting == 0)
        store.shut()
        // More than two at once now.
        try await withThrowingTaskGroup(of: Void.self) { group in
            let before = store.asked.value.count
            for number in 5..<10 { group.addTask { _ = try await store.look("p/z-\(number)/") } }
            try await store.listings(before + 5)
            store.open()
            try await group.waitForAll()
        }
    }

    @Test("a listing that fails is the failure of the one who made it alone", arguments: [1, 2])
    func failure(listing: Int) async throws {
        let store = Shelf((0..<4).map { "p/t-\($0)/a" })
        store.failing.withLock { $0 = listing }
        let outcomes = await withTaskGroup(of: Result<[String], any Error>.self) { group in
            group.addTask { await store.outcome("p/t-0/") }
            try? await store.listings(1)
            for number in 1..<4 { group.addTask { await store.outcome("p/t-\(number)/") } }
            _ = try? await eventually { store.looks.waiting == 3 }
            store.open()
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.filter { (try? $0.get()) == nil }.count == 1)
    }

    @Test("whoever is cancelled while he waits goes, and whoever leads then looks for the rest")
    func cancelled() async throws {
        let store = Shelf((0..<4).map { "p/t-\($0)/a" })
        let leader = Task { try await store.look("p/t-1/") }
        try await store.listings(1)
        let waiting = Task { try await store.look("p/t-2/") }
        let other = Task { try await store.look("p/t-3/") }
        #expect(try await eventually { store.looks.waiting == 2 })
        waiting.cancel()
        let error = await #expect(throws: StorageError.self) { try await waiting.value }
        #expect(error?.code == .cancelled && store.looks.waiting == 1)
        store.open()
        _ = try await leader.value
        #expect(try await other.value == ["p/t-3/a"])
    }
}

/// Keys in a store whose answers wait until it is open.
private final class Shelf: Sendable {
    let asked = Watched<[String]>([])
    let failing = Guarded(0)
    private let isOpen = Watched(false)
    private let keys: [String]
    private let time: TimeSource
    private let made = Guarded<S3Looks?>(nil)

    init(_ keys: [String], _ time: TimeSource = .system) {
        self.keys = keys.sorted()
        self.time = time
    }

    var looks: S3Looks {
        made.withLock { made in
            if let made { return made }
            let looks = S3Looks(time: time) { (folder) async throws(StorageError) in
                try await self.answer("folder " + folder, folder, behind: "", 1000)
            } stretch: { (stretch) async throws(StorageError) in
                try await self.answer("stretch " + stretch.start, stretch.prefix, behind: stretch.start, stretch.limit)
            }
            made = looks
            return looks
        }
    }

    func open() { isOpen.change { $0 = true } }
    func shut() { isOpen.change { $0 = false } }

    func look(_ folder: String) async throws -> [String] {
        try await looks.entries(of: folder).entries.map(\.key)
    }

    /// Looks as one of those who write.
    func lookAmong(_ folder: String) async throws -> [String] {
        try await looks.among { () async throws(StorageError) in
            try await looks.entries(of: folder).entries
        }.map(\.key)
    }

    func write(_ body: @Sendable () async -> Void) async throws -> [String] {
        try await looks.among { () async throws(StorageError) -> [String] in
            await body()
            return []
        }
    }

    func outcome(_ folder: String) async -> Result<[String], any Error> {
        do { return .success(try await look(folder)) } catch { return .failure(error) }
    }

    /// Waits until so many listings have begun.
    func listings(_ count: Int) async throws { await asked.first { $0.count >= count } }

    private func answer(
        _ what: String, _ prefix: String, behind start: String, _ limit: Int
    ) async throws(StorageError) -> S3Page {
        asked.change { $0.append(what) }
        let fails = failing.withLock { left in
            left -= 1
            return left == 0
        }
        await isOpen.first(where: { $0 })
        if fails { throw StorageError(.unavailable, .transient(after: nil), "no answer") }
        let found = keys.filter { $0.hasPrefix(prefix) && $0 > start }
        do {
            return try S3Page.test(Array(found.prefix(limit)), isLast: found.count <= limit)
        } catch {
            throw StorageError(.unexpected, .permanent, "the test has no page")
        }
    }
}
