import Foundation
import Storage
import StorageDrivers
import StowageContract
import TestSupport
import Testing

/// Without strace the cases fail in CI and say so elsewhere.
private let hasTracer = FileManager.default.isExecutableFile(atPath: "/usr/bin/strace")
private let mustRun = hasTracer || ProcessInfo.processInfo.environment["CI"] != nil

@Suite("The local driver when the kernel refuses", .timeLimit(.minutes(2)))
struct InjectedFaultTests {
    /// A call that fails once in `stowage run` of a store, counted within its thread.
    struct Row: Sendable, CustomTestStringConvertible {
        var what: String
        var fault: String
        var code: ErrorCode
        /// Whether the archive stands although nobody was told: its bytes were flushed, its name may not be.
        var stands = false

        var testDescription: String { "\(what) (\(fault))" }
    }

    static let rows: [Row] = [
        // The first write of a thread of the pool gives it its name.
        Row(what: "no room for the bytes", fault: "write:error=ENOSPC:when=2", code: .outOfSpace),
        Row(what: "no room for the manifest", fault: "write:error=ENOSPC:when=3", code: .outOfSpace),
        Row(what: "a medium that does not take the bytes", fault: "fdatasync:error=EIO:when=1", code: .unavailable),
        Row(what: "a medium that does not take the manifest", fault: "fdatasync:error=EIO:when=2", code: .unavailable),
        Row(what: "a quota found used up late", fault: "fdatasync:error=EDQUOT:when=1", code: .outOfSpace),
        Row(what: "no room for the manifest's name", fault: "linkat:error=ENOSPC:when=1", code: .outOfSpace),
        Row(what: "no room for the archive's name", fault: "linkat:error=ENOSPC:when=2", code: .outOfSpace),
        Row(
            what: "a medium that does not take the name", fault: "fsync:error=EIO:when=1", code: .unavailable,
            stands: true),
        Row(
            what: "a medium that does not take the folder's name", fault: "fsync:error=EIO:when=2", code: .unavailable,
            stands: true),
    ]

    @Test(
        "a store that fails is told as failed, shows nothing, and succeeds the next time",
        .enabled(if: mustRun, "needs strace"), arguments: rows)
    func single(row: Row) async throws {
        let folder = try TemporaryFolder()
        let bench = try await RunBench(folder)
        let exit = try await bench.run(fault: row.fault)
        #expect(exit.code == .code(1))
        #expect(exit.text.contains(row.code.rawValue), "\(exit.text)")
        #expect(!exit.text.contains("succeeded"))
        #expect(exit.faults >= 1, "the fault was injected")
        let store = bench.store
        #expect((try await store.storage.stat(.key("t1/a.bin")) != nil) == row.stands)
        #expect(try await store.storage.list(ListData()).archives.count == (row.stands ? 1 : 0))
        let again = try await bench.run(fault: nil)
        #expect(again.code == .code(0), "\(again.text)")
        #expect(try await store.storage.verify(VerifyData(archive: .key("t1/a.bin"))).state == .ok)
        #expect(folder.contents().filter { $0.hasPrefix("store/t1/") } == ["store/t1/.stowage.json", "store/t1/a.bin"])
    }

    @Test(
        "a group whose common flush fails is told as failed as a whole, and the next one succeeds",
        .enabled(if: mustRun, "needs strace"), arguments: [1, 2])
    func group(when: Int) async throws {
        let folder = try TemporaryFolder()
        let store = try await LocalStore(folder.path)
        let ids = (0..<40).map { "t\($0)" }
        let plan = WriterPlan(
            path: folder.path, stores: ids.map { .init(id: $0, size: 1000, byte: 7) }, rounds: 2, isGated: false,
            // Calls are counted by thread.
            threads: 1)
        let writer = try WriterProcess(
            plan,
            under: ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=syncfs", "-e"]
                + ["inject=syncfs:error=EIO:when=\(when)"])
        #expect(await writer.process.ended() == .code(0))
        let first = writer.outcomes.filter { $0.round == 0 }
        let failed = first.filter { $0.code != nil }
        #expect(first.count == ids.count)
        #expect(failed.count >= 2, "one archive alone is flushed by itself")
        for outcome in failed { #expect(outcome.code == ErrorCode.unavailable.rawValue) }
        let second = writer.outcomes.filter { $0.round == 1 }
        #expect(second.count == ids.count)
        #expect(second.allSatisfy { $0.code == nil })
        // What had been committed before stands; what failed before its commit did not.
        let unambiguous = Set(failed.filter { !$0.isAmbiguous }.map(\.id))
        for outcome in second where unambiguous.contains(outcome.id) { #expect(!outcome.alreadyPresent) }
        for id in ids {
            #expect(try await store.storage.verify(VerifyData(archive: .key(id + "/a.bin"))).state == .ok)
        }
    }
}

/// `stowage run` of one store, with or without a tracer that lets a call fail.
private struct RunBench {
    struct Exit {
        var code: ChildProcess.Exit
        /// Both streams: the tracer may have taken one of them away.
        var text: String
        var faults: Int
    }

    let folder: TemporaryFolder
    let store: LocalStore
    private let configuration: String
    private let task: String

    init(_ folder: TemporaryFolder) async throws {
        self.folder = folder
        try FileManager.default.createDirectory(atPath: folder.path("store"), withIntermediateDirectories: false)
        // Opened once, so that the id of the store stands.
        store = try await LocalStore(folder.path("store"))
        configuration = try folder.write(
            """
            broker: { url: "amqp://guest:guest@127.0.0.1:1/%2f" }
            spool: { roots: [\(folder.path)] }
            drivers:
              archive: { type: local, path: \(folder.path("store")) }
            """, to: "stowage.yaml")
        task = try folder.write(
            #"""
            {"version": 1, "id": "t1", "operation": "store", "driver": "archive",
             "data": {"name": "a.bin", "source": {"inline": "AQID"}}}
            """#, to: "task.json")
    }

    func run(fault: String?) async throws -> Exit {
        let log = folder.path("trace")
        let call = fault.map { String($0.prefix { $0 != ":" }) } ?? ""
        let tracer =
            fault.map { ["strace", "-f", "-qq", "-o", log, "-e", "trace=\(call)", "-e", "inject=\($0)"] } ?? []
        let process = try ChildProcess(
            tracer + [StowageProgram.debug, "run", task, "--json", "--config", configuration],
            ["STOWAGE_CONFIG": "", "STOWAGE_CRASH_POINT": ""])
        let code = await process.ended()
        let trace = fault == nil ? "" : try String(contentsOfFile: log, encoding: .utf8)
        return Exit(
            code: code, text: process.outputText + "\n" + process.errorText,
            faults: trace.components(separatedBy: "INJECTED").count - 1)
    }
}
