import Foundation
import Storage
import StowageContract
import TestSupport
import Testing

/// What a process stores that a test starts and, it may be, kills.
struct WriterPlan: Codable, Sendable {
    struct Store: Codable, Sendable {
        var id: String
        var size: Int
        /// All bytes of the archive.
        var byte: UInt8
    }

    var path: String
    /// All at once.
    var stores: [Store]
    /// How often; from the second time on as redeliveries.
    var rounds = 1
    /// Whether it waits for the file `go` beside it before it opens the store.
    var isGated: Bool
    var usesUnnamedFiles = true
    /// That block.
    var threads = 4
    /// The outcome that it kills itself after.
    var diesAfter: Int?

    var gate: String { path + ".go" }

    /// The plan of this process; `nil`: it is none that stores for others.
    static let own: WriterPlan? = ProcessInfo.processInfo.environment["STOWAGE_TEST_WRITER"].flatMap {
        try? JSONDecoder().decode(WriterPlan.self, from: Data($0.utf8))
    }
}

/// What a writer says of one store.
struct WriterOutcome: Codable, Sendable {
    var id: String
    var round: Int
    /// `nil`: it succeeded.
    var code: String?
    var isAmbiguous = false
    var alreadyPresent = false
    var sha256: String?

    static let mark = "writer: "

    func tell() {
        guard let bytes = try? JSONEncoder().encode(self) else { return }
        // One write a line, so that lines of several threads do not mingle.
        FileHandle.standardOutput.write(Data((Self.mark + String(decoding: bytes, as: UTF8.self) + "\n").utf8))
    }
}

/// This program again, storing by a plan.
struct WriterProcess {
    let process: ChildProcess

    init(_ plan: WriterPlan, under tracer: [String] = []) throws {
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let text = String(decoding: try JSONEncoder().encode(plan), as: UTF8.self)
        process = try ChildProcess(
            tracer + [own, "--testing-library", "swift-testing", "--filter", "StorageDriversTests.WriterTests"],
            ["STOWAGE_TEST_WRITER": text])
    }

    /// What it has said so far.
    var outcomes: [WriterOutcome] { process.output.value.compactMap { Self.outcome($0.text) } }

    /// Returns once it has told that many outcomes, or ended.
    func told(_ count: Int) async {
        await process.output.first { lines in lines.count { $0.text.hasPrefix(WriterOutcome.mark) } >= count }
    }

    private static func outcome(_ line: String) -> WriterOutcome? {
        guard line.hasPrefix(WriterOutcome.mark) else { return nil }
        return try? JSONDecoder().decode(WriterOutcome.self, from: Data(line.dropFirst(WriterOutcome.mark.count).utf8))
    }
}

@Suite("A process that stores for a test of another process", .enabled(if: WriterPlan.own != nil, "started by others"))
struct WriterTests {
    @Test("stores everything at once, round by round, and tells each outcome")
    func write() async throws {
        let plan = try #require(WriterPlan.own)
        if plan.isGated {
            WriterOutcome(id: "ready", round: -1).tell()
            try await require(eventually: "the gate") { FileManager.default.fileExists(atPath: plan.gate) }
        }
        let store = try await LocalStore(
            plan.path, usesUnnamedFiles: plan.usesUnnamedFiles, concurrency: 200,
            threads: plan.threads)
        WriterOutcome(id: "open", round: -1, sha256: store.storage.storeID).tell()
        let told = Watched(0)
        for round in 0..<plan.rounds {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for one in plan.stores {
                    group.addTask {
                        try await Self.store(one, round, store).tell()
                        // By its own hand: a signal of the test's may come when all is done.
                        let count = told.change { count in
                            count += 1
                            return count
                        }
                        if count == plan.diesAfter { kill(getpid(), SIGKILL) }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    private static func store(_ one: WriterPlan.Store, _ round: Int, _ store: LocalStore) async throws -> WriterOutcome
    {
        var request = try LocalStore.request(one.id)
        request.mayHaveRunBefore = round > 0
        do {
            let source = BytesSource([UInt8](repeating: one.byte, count: one.size))
            let receipt = try await store.storage.store(request, from: source)
            return WriterOutcome(
                id: one.id, round: round, alreadyPresent: receipt.alreadyPresent, sha256: receipt.handle.sha256)
        } catch {
            return WriterOutcome(id: one.id, round: round, code: error.code.rawValue, isAmbiguous: error.isAmbiguous)
        }
    }
}
