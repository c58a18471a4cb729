import Cryptography
import ServiceRuntime
import Storage
import StowageContract
import Testing

extension FileServerPromise {
    static let files: [FileServerPromise] = [
        FileServerPromise("a file comes back as it was sent, whatever its size and bytes") {
            (server: any FileServer) async throws -> Void in
            for size in [0, 1, 4095, 65_536, 3_000_001] {
                let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
                try await server.put("file", bytes)
                #expect(try await server.status("file")?.size == Int64(size))
                #expect(try await server.get("file") == bytes)
                if server.facts.digests {
                    #expect(try await server.sha256("file") == SHA256Hasher.digest(of: bytes).hexadecimal)
                }
            }
        },
        FileServerPromise("bytes that look like ends of lines or like orders are bytes") {
            (server: any FileServer) async throws -> Void in
            let bytes = Array("\r\n.\r\nQUIT\r\n\n\r\0\u{FF}\u{FFFD}--\r\n".utf8) + [0xFF, 0xF4, 0xFF, 0xFD, 0x06]
            try await server.put("file", bytes)
            #expect(try await server.get("file") == bytes)
        },
        FileServerPromise("a body of unknown size is taken to its end") {
            (server: any FileServer) async throws -> Void in
            let bytes = [UInt8](repeating: 7, count: 200_000)
            try await server.upload("file", at: 0, size: nil, from: BytesBody(bytes))
            #expect(try await server.get("file") == bytes)
        },
        FileServerPromise("what is not there is not found") { (server: any FileServer) async throws -> Void in
            #expect(try await server.status("none") == nil)
            #expect(try await server.status("none/inner") == nil)
            #expect(try await !server.remove("none"))
            let code1 = await code { () throws(StorageError) in _ = try await server.get("none") }
            #expect(code1 == .notFound)
            let code2 = await code { () throws(StorageError) in try await server.put("no/file", [1]) }
            #expect(code2 == .notFound)
            for replacing in [false, true] {
                let code = await code { () throws(StorageError) in
                    try await server.move("none", to: "target", replacing: replacing)
                }
                #expect(code == .notFound)
            }
            try await server.put("file", [1])
            let code = await code { () throws(StorageError) in
                try await server.move("file", to: "no/target", replacing: false)
            }
            #expect(code == .notFound)
            #expect(try await server.get("file") == [1])
        },
        FileServerPromise("a file is moved into a folder, whole") { (server: any FileServer) async throws -> Void in
            _ = try await server.makeFolder("from")
            _ = try await server.makeFolder("to")
            try await server.put("from/file", [1, 2, 3])
            try await server.move("from/file", to: "to/file", replacing: false)
            #expect(try await server.get("to/file") == [1, 2, 3])
            #expect(try await server.status("from/file") == nil)
            #expect(try await server.entries("from") == [])
        },
        FileServerPromise("a part is read where parts can be read") { (server: any FileServer) async throws -> Void in
            guard server.facts.readsRanges else { return }
            let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 * 7) }
            try await server.put("file", bytes)
            for range in [0..<1, 0..<100_000, 99_999..<100_000, 1000..<70_000] as [Range<Int64>] {
                #expect(
                    try await server.get("file", range) == Array(bytes[Int(range.lowerBound)..<Int(range.upperBound)]))
            }
        },
        FileServerPromise("an upload goes on behind what is there where it can, and writes over the rest") {
            (server: any FileServer) async throws -> Void in
            guard server.facts.resumes else { return }
            let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 * 13) }
            try await server.put("file", Array(bytes[..<100_000]) + [UInt8](repeating: 0, count: 50_000))
            try await server.put("file", Array(bytes[100_000..<200_000]), at: 100_000)
            try await server.put("file", Array(bytes[200_000...]), at: 200_000)
            #expect(try await server.get("file") == bytes)
            guard server.facts.resumesOnlyExisting else { return }
            let code = await code { () throws(StorageError) in try await server.put("none", [1], at: 10) }
            #expect(code == .notFound)
            #expect(try await server.status("none") == nil)
        },
        FileServerPromise("a body that fails ends the upload with its own error, and the connection is of use") {
            (server: any FileServer) async throws -> Void in
            let failure = StorageError(.unavailable, .transient(after: nil), "the source broke off", at: .source)
            for _ in 0..<3 {
                let error = await #expect(throws: StorageError.self) {
                    try await server.upload("file", at: 0, size: 1000, from: BreakingBody(failure))
                }
                #expect(error?.message == failure.message && error?.place == .source)
            }
            try await server.put("other", [1])
            #expect(try await server.get("other") == [1])
        },
        FileServerPromise("a read that nobody finishes leaves the connection of use") {
            (server: any FileServer) async throws -> Void in
            try await server.put("file", [UInt8](repeating: 3, count: 4_000_000))
            for _ in 0..<20 {
                let body = try await server.read("file", range: nil)
                _ = try await body.next()
                await body.close()
            }
            #expect(try await server.get("file").count == 4_000_000)
        },
        FileServerPromise("what is told of a file along with its upload is true") {
            (server: any FileServer) async throws -> Void in
            let bytes = (0..<70_000).map { UInt8(truncatingIfNeeded: $0 * 11) }
            func told(_ path: String, _ question: FileServerQuestion) async throws -> FileServerAnswer {
                try await server.upload(
                    path, at: 0, size: Int64(bytes.count), from: BytesBody(bytes), asking: question)
            }
            #expect([.nothing, .size(70_000)].contains(try await told("a b", .size)))
            if server.facts.digests {
                let digest = SHA256Hasher.digest(of: bytes).hexadecimal
                #expect([.nothing, .sha256(digest)].contains(try await told("c d", .sha256)))
            }
            #expect(try await server.get("a b") == bytes)
            let code = await code { () throws(StorageError) in
                _ = try await server.upload(
                    "none/file", at: 0, size: 1, from: BytesBody([1]), asking: .size)
            }
            #expect(code == .notFound)
        },
        FileServerPromise("a folder that is asked for along with a file is made by one, if by any") {
            (server: any FileServer) async throws -> Void in
            let (answer, isMade) = try await server.stage("record", [1, 2, 3], making: "made")
            #expect([.nothing, .size(3)].contains(answer))
            #expect(try await server.get("record") == [1, 2, 3])
            #expect(try await (server.status("made") != nil) == isMade)
            if isMade { #expect(try await !server.makeFolder("made")) } else { _ = try await server.makeFolder("made") }
            for path in ["made", "missing/folder"] {
                let (_, isMade) = try await server.stage("other", [4], making: path)
                #expect(!isMade)
            }
            #expect(try await server.get("other") == [4])
            #expect(try await server.status("missing") == nil)
        },
        FileServerPromise("files are moved one after the other, and none behind one that cannot be") {
            (server: any FileServer) async throws -> Void in
            for name in ["one", "two", "three"] { try await server.put(name, [1]) }
            #expect(try await server.makeFolder("to"))
            func moves(_ pairs: [(String, String)], in time: Duration = .seconds(60)) async -> FileMoves.Outcome {
                let now = TimeSource.system.monotonic
                return await server.move(
                    FileMoves(pairs.map { .init(path: $0.0, target: $0.1) }, until: now + time, .system))
            }
            let all = await moves([("one", "to/one"), ("two", "to/two")])
            #expect(all.moved == 2 && all.failure == nil)
            let half = await moves([("three", "to/three"), ("none", "to/none"), ("to/one", "one")])
            #expect(half.moved == 1 && half.failure?.code == .notFound && half.failure?.isAmbiguous == false)
            let none = await moves([("to/one", "missing/one"), ("to/two", "two")])
            #expect(none.moved == 0 && none.failure?.code == .notFound)
            let late = await moves([("to/one", "one")], in: .zero)
            #expect(late.moved == 0 && late.failure?.retry == .transient(after: nil))
            #expect(Set(try await server.entries("to")?.map(\.name) ?? []) == ["one", "two", "three"])
        },
        FileServerPromise("a probe of a server that answers succeeds") {
            (server: any FileServer) async throws -> Void in try await server.probe()
        },
        FileServerPromise("room is told where the server tells it") { (server: any FileServer) async throws -> Void in
            guard server.facts.tellsRoom else { return }
            let room = try await server.room()
            #expect(room.freeBytes ?? room.usedBytes ?? room.totalBytes != nil)
        },
    ]
}

/// Some bytes, then a failure.
private final class BreakingBody: ArchiveBody {
    let size: Int64? = 1000
    private let failure: StorageError
    private let first = BytesBody([UInt8](repeating: 5, count: 500))

    init(_ failure: StorageError) {
        self.failure = failure
    }

    func next() async throws(StorageError) -> [UInt8]? {
        if let chunk = try await first.next() { return chunk }
        throw failure
    }

    func close() async {}
}
