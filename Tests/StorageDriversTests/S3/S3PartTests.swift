import Storage
import StowageContract
import Testing

@testable import StorageDrivers

@Suite("Parts of uploads")
struct S3PartTests {
    private static let mib = 1 << 20

    @Test(
        "sizes lead to as many parts as are allowed",
        arguments: [
            (Int64(6) << 20, 5), (Int64(80_000) << 20, 8), (Int64(100_000) << 20, 10), (Int64(400) << 30, 41),
            (Int64(1) << 40, 105), (Int64(5) << 40, 525),
        ])
    func plan(size: Int64, megabytes: Int) {
        let plan = S3PartPlan(size: size, wanted: min(8, megabytes) * Self.mib)
        #expect(plan.bytes(ofPart: 1) == megabytes * Self.mib)
        #expect(plan.bytes(ofPart: 10_000) == plan.bytes(ofPart: 1))
        #expect(Int64(plan.bytes(ofPart: 1)) * 10_000 >= size)
        #expect(plan.isBuffered == (megabytes <= 48))
    }

    @Test("parts that are longer than may be held pass through, where the size is known")
    func held() {
        let sizes: [Int64?] = [Int64(6) << 20, nil]
        let plans = sizes.map { S3PartPlan(size: $0, wanted: 5 * Self.mib, mostHeldBytes: Self.mib) }
        #expect(plans.map(\.isBuffered) == [false, true])
    }

    @Test("parts of an archive of unknown size grow, and can always be held")
    func unknown() {
        let plan = S3PartPlan(size: nil, wanted: 8 * Self.mib)
        #expect(plan.bytes(ofPart: 500) == 8 * Self.mib)
        #expect(plan.bytes(ofPart: 501) == 12 * Self.mib)
        #expect(plan.bytes(ofPart: 10_000) == S3PartPlan.mostBufferedBytes)
        let total = (1...10_000).reduce(Int64(0)) { $0 + Int64(plan.bytes(ofPart: $1)) }
        #expect(total > 400 << 30)
    }

    @Test("only parts without a gap before them are safe")
    func ledger() {
        var ledger = S3PartLedger()
        for number in 1...4 {
            #expect(ledger.read(upTo: .init(bytes: Int64(number) * 10, checkpoint: "c\(number)")) == number)
        }
        ledger.note(part(2))
        #expect(ledger.safe == 0 && ledger.progress(of: "u") == nil)
        #expect(!ledger.isCheckpointDue(every: 1))
        ledger.note(part(1))
        #expect(ledger.safe == 2 && ledger.safePlace?.bytes == 20)
        #expect(ledger.isCheckpointDue(every: 1000))
        let progress = ledger.progress(of: "u")
        #expect(progress?.parts == 2 && progress?.bytes == 20 && progress?.state == "c2")
        #expect(progress?.tags == S3Checkpoint.digest(ofTags: ["e1", "e2"]))
        ledger.noteCheckpoint()
        #expect(!ledger.isCheckpointDue(every: 11) && ledger.progress(of: "u") == nil)
        ledger.note(part(4))
        ledger.note(part(3))
        #expect(ledger.safe == 4 && ledger.isCheckpointDue(every: 20))
        #expect(ledger.parts.map(\.number) == [1, 2, 3, 4])
    }

    @Test("what an earlier worker has sent counts, and what comes behind it is numbered on")
    func takenOver() {
        var ledger = S3PartLedger()
        ledger.take(over: [.init(number: 1, size: 10, etag: "a"), .init(number: 2, size: 10, etag: "b")])
        #expect(ledger.isResumed && ledger.safe == 2 && ledger.next == 3)
        #expect(ledger.progress(of: "u") == nil)
        _ = ledger.read(upTo: .init(bytes: 30, checkpoint: "c"))
        ledger.note(part(3))
        #expect(ledger.progress(of: "u")?.tags == S3Checkpoint.digest(ofTags: ["a", "b", "e3"]))
    }

    @Test("a checkpoint comes back as it was written, and nothing else passes for one")
    func checkpoint() {
        let progress = S3Checkpoint.Progress(uploadID: "u", parts: 3, tags: "t", bytes: 30, state: "s")
        for checkpoint in [
            S3Checkpoint(origin: "o", partBytes: 10), S3Checkpoint(origin: "o", partBytes: 10, progress: progress),
        ] {
            #expect(S3Checkpoint(checkpoint.bytes) == checkpoint)
        }
        for text in ["", "{}", "[]", "{\"version\":2,\"origin\":\"o\",\"partBytes\":1}", "{\"version\":1}"] {
            #expect(S3Checkpoint(Array(text.utf8)) == nil)
        }
    }

    @Test("a body is cut at the lengths asked for, whatever its chunks, and every byte comes once")
    func reader() async throws {
        let chunks: [[UInt8]] = [Array(0..<10), Array(10..<13), Array(13..<50), [50]]
        for length in [1, 7, 13, 50, 51, 100] {
            let reader = S3PartReader(ChunksBody(chunks, 0..<51))
            var bytes: [UInt8] = []
            while true {
                let part = try await reader.part(length)
                if part.count == 0 { break }
                #expect(part.count == length || bytes.count + part.count == 51)
                #expect(part.chunks.reduce(0) { $0 + $1.count } == part.count)
                bytes += part.chunks.flatMap { $0 }
            }
            #expect(bytes == Array(0..<51))
            #expect(try await reader.isDrained())
        }
    }

    @Test("the digests of a part are those that are wanted, of all its bytes, or known already")
    func digests() {
        var bytes = S3Part.Bytes()
        for chunk in ["1234", "56789"] { bytes.add(Array(chunk.utf8)) }
        let plain = S3Part(bytes, .init(md5: true))
        #expect(plain.etag == "25f9e794323b453885f5181f1b624d0b" && plain.sha256.isEmpty && plain.crc32c.isEmpty)
        let sha256 = "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"
        let full = S3Part(bytes, .init(md5: true, sha256: true, crc32c: true))
        #expect(full.etag == plain.etag && full.sha256 == sha256 && full.crc32c == [0xE3, 0x06, 0x92, 0x83])
        let known = S3Part(bytes, .init(sha256: true), sha256: "known")
        #expect(known.sha256 == "known" && known.md5.isEmpty)
        #expect(S3Part(bytes, .init(), sha256: "known").sha256.isEmpty)
    }

    private func part(_ number: Int) -> S3SentPart {
        S3SentPart(number: number, count: 10, etag: "e\(number)", isProved: true)
    }
}
