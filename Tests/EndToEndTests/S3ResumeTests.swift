import Foundation
import StowageContract
import TestSupport
import Testing

extension EndToEnd.S3 {
    private static let mebibytes = 2048
    private static let partBytes = 8 << 20
    private static let partsAtOnce = 4

    /// Bytes of parts that have come from workers.
    private func sent(_ proxy: FaultProxy) -> Int { proxy.requests(.uploadPart).map(\.bodyBytes).reduce(0, +) }

    @Test("2 GiB whose worker is killed at half finish on another, which sends no part again that the store has")
    func killedAtHalf() async throws {
        let program = try #require(
            try StowageProgram.release(),
            "no release build: run 'swift build -c release --product stowage' before")
        let server = try await RGWServer.start(["RGW_OSD_BYTES": "6442450944"])
        let account = server.account
        let bucket = try await account.makeBucket("long")
        let proxy = try FaultProxy(to: account.endpoint)
        let settings = Settings.s3(account.by(proxy.endpoint), bucket).with { settings in
            settings.level = "info"
            settings.sweepSeconds = 86_400
        }
        try await Installation.with(settings) { here in
            let size = Self.mebibytes << 20
            let source = try await here.makeSource(mebibytes: Self.mebibytes)
            let digest = try await Disk.digest(source)
            let task = TaskDocument.store(file: source, on: "s3", ["sha256": digest])
            let began = ContinuousClock.now
            let first = try await here.startWorker(program: program)
            try await here.send(task)
            try await require(eventually: "half of the archive, not \(sent(proxy))", within: .seconds(120)) {
                sent(proxy) >= size / 2
            }
            let firstPeak = try first.memory("VmHWM")
            await first.kill()
            let before = sent(proxy)
            #expect(before < size)
            let killed = ContinuousClock.now
            let second = try await here.startWorker(program: program)
            let final = try await here.events.final(of: task.id, within: .seconds(200))
            let ended = ContinuousClock.now
            let result = try #require(final.stored, "\(final)")
            let (all, peak) = (sent(proxy), try second.memory("VmHWM"))
            print(
                "S3, 2 GiB: \(killed - began) to half, \(ended - killed) from there; sent \(before >> 20) + "
                    + "\((all - before) >> 20) MiB, twice \((all - size) >> 10) KiB; resumed "
                    + "\(result.resumedBytes >> 20) MiB; VmHWM \(firstPeak), \(peak) KiB")
            #expect(all < size + Self.partsAtOnce * Self.partBytes)
            #expect(result.resumedBytes > 0 && result.sourceBytes + result.resumedBytes == Int64(size))
            #expect(result.verified == .reread && !result.alreadyPresent)
            #expect(final.event.attempt == 1 && result.handle.sha256 == digest)
            #expect(firstPeak <= 96 * 1024 && peak <= 96 * 1024, "\(firstPeak), \(peak) KiB")
            let object = try await account.object(result.handle.key, in: bucket)
            #expect(object.sha256 == digest && object.size == size)
            #expect(try await account.uploads(in: bucket) == [])
            #expect(
                try await account.keys(in: bucket) == [
                    ".stowage-exclusive", "\(task.id)/.stowage.json", "\(task.id)/long.bin",
                ])
            #expect(await second.stop() == .code(0), "\(second.lastLines)")
            #expect(try await here.messagesLeft().isEmpty)
            #expect(here.events.of(task.id).map(\.event.type) == [.succeeded])
            here.expectNoSecret(of: account.by(proxy.endpoint), second, account.endpoint)
        }
    }
}
