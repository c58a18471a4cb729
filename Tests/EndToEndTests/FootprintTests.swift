import Foundation
import StowageContract
import TestSupport
import Testing

extension EndToEnd {
    /// What a worker costs; measured on the release build.
    @Suite("Footprint", .timeLimit(.minutes(3)))
    struct Footprint {
        private func program() throws -> String {
            try #require(
                try StowageProgram.release(),
                "no release build: run 'swift build -c release --product stowage' before")
        }

        @Test("an idle worker takes at most 30 MiB and consumes within 200 ms of its start")
        func idle() async throws {
            let program = try program()
            let settings = Settings().with {
                $0.concurrency = 32
                $0.level = "info"
                $0.delays = "[5s, 30s, 2m, 10m, 1h, 6h]"
            }
            try await Installation.with(settings) { here in
                var starts: [Duration] = []
                for _ in 0..<5 {
                    let worker = try here.launchWorker(program: program)
                    starts.append(try await worker.consuming())
                    let resident = try worker.memory("VmRSS")
                    #expect(resident <= 30 * 1024, "\(resident) KiB when it begins to consume")
                    #expect(await worker.stop() == .code(0), "\(worker.lastLines)")
                }
                let worker = try await here.startWorker(program: program)
                for index in 0..<200 { try await here.send(.store("archive", [1], id: "warm-\(index)")) }
                for index in 0..<200 { try await here.events.final(of: "warm-\(index)") }
                let warm = try worker.memory("VmRSS")
                let best = starts.sorted()
                print(
                    "footprint: start to consume \(best.map { $0.formattedMilliseconds }), VmRSS after 200 tasks \(warm) KiB"
                )
                #expect(best[best.count / 2] < .milliseconds(200), "\(starts)")
                #expect(warm <= 30 * 1024, "\(warm) KiB after 200 tasks")
            }
        }

        @Test("a store of 2 GiB stays below 64 MiB")
        func largeStore() async throws {
            let program = try program()
            try await Installation.with(Settings().with { $0.level = "info" }) { here in
                let source = here.spool("large.bin")
                try await ChildProcess.run(["truncate", "--size=2G", source])
                let worker = try await here.startWorker(program: program)
                let task = TaskDocument.store(file: source)
                let began = ContinuousClock.now
                try await here.send(task)
                let final = try await here.events.final(of: task.id, within: .seconds(120))
                #expect(final.stored?.handle.size == 2 << 30, "\(final)")
                let peak = try worker.memory("VmHWM")
                print("footprint: 2 GiB in \(ContinuousClock.now - began), VmHWM \(peak) KiB")
                #expect(peak <= 64 * 1024, "\(peak) KiB")
            }
        }

        @Test("512 MiB from a URL and to another one stay below 64 MiB")
        func largeURLs() async throws {
            let program = try program()
            let server = try await FileServer()
            try await ChildProcess.run(["truncate", "--size=512M", server.file("large.bin")])
            try await Installation.with(URLs.settings("127.0.0.1").with { $0.level = "info" }) { here in
                let worker = try await here.startWorker(program: program)
                let began = ContinuousClock.now
                let store = URLs.store(server.url("/large.bin"))
                try await here.send(store)
                let final = try await here.events.final(of: store.id, within: .seconds(120))
                let handle = try #require(final.stored?.handle, "\(final)")
                #expect(handle.size == 512 << 20)
                let stored = ContinuousClock.now
                let retrieve = TaskDocument(
                    "retrieve", ["handle": handle.document, "destination": ["url": server.url("/again.bin")]])
                try await here.send(retrieve)
                let sent = try await here.events.final(of: retrieve.id, within: .seconds(120))
                #expect(sent.error == nil, "\(sent)")
                #expect(try await Disk.digest(server.file("again.bin")) == handle.sha256)
                let peak = try worker.memory("VmHWM")
                print(
                    "footprint: 512 MiB from a URL in \(stored - began), to one in \(ContinuousClock.now - stored), "
                        + "VmHWM \(peak) KiB")
                #expect(peak <= 64 * 1024, "\(peak) KiB")
            }
        }
    }
}

extension Duration {
    fileprivate var formattedMilliseconds: String { "\(Int(self / .milliseconds(1))) ms" }
}
