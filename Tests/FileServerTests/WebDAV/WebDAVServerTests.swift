import DriverConformance
import Storage
import StorageDrivers
import StowageContract
import TestSupport
import Testing

/// At the seam, over real servers in the ways that they are spoken to.
@Suite("WebDAV servers", .timeLimit(.minutes(3)))
struct WebDAVServerTests {
    struct Place: Sendable, CustomTestStringConvertible {
        var kind = DAVServer.Kind.apache
        var way = DAVServer.Way.basic

        var testDescription: String { "\(kind) \(way)" }

        func connect() async throws -> WebDAVServer { try await DAVServer.shared(kind).connect(way) }
    }

    static let places =
        [Place(), Place(way: .digest), Place(way: .tls), Place(way: .plain)]
        + (DAVServer.hasMore
            ? [Place(kind: .nginx), Place(kind: .nginx, way: .tls), Place(kind: .sabre), Place(kind: .wsgi)] : [])

    @Test("keep what the seam promises", arguments: places, FileServerPromise.all)
    func promise(place: Place, promise: FileServerPromise) async throws {
        let server = try await place.connect()
        try await promise.run(server)
        await server.close()
    }

    static let sizes = [0, 1, 65_536, (256 << 10) - 1, 256 << 10, (256 << 10) + 1, 5_000_000]

    @Test("take files of any size, with the size said or not, and give them and parts of them back", arguments: places)
    func roundTrip(place: Place) async throws {
        let server = try await place.connect()
        for size in Self.sizes {
            for saysSize in [true, false] {
                let bytes = GeneratedSource(size: Int64(size)).bytes
                let path = "f\(size)\(saysSize)"
                try await server.upload(path, bytes, saysSize: saysSize)
                let entry = try await server.status(path)
                #expect(entry?.size == Int64(size) && entry?.isFolder == false && entry?.name == path)
                #expect(try await server.bytes(path) == bytes, "\(size)")
                if size > 100 {
                    #expect(try await server.bytes(path, 10..<20) == Array(bytes[10..<20]))
                    #expect(try await server.bytes(path, Int64(size - 3)..<Int64(size)) == bytes.suffix(3))
                    #expect(try await server.bytes(path, 5..<5) == [])
                }
            }
        }
        let entries = try #require(try await server.entries(""))
        #expect(Set(entries.map(\.name)).count == Self.sizes.count * 2)
        #expect(entries.allSatisfy { !$0.isFolder && $0.name.hasPrefix("f\($0.size)") && $0.modified != nil })
        // Another one, which has made nothing here and remembers nothing.
        await server.close()
    }

    static let names = [
        "a.bin", "ü b+c%20.bin", "100% & more=less?#;.bin", "-leading ' \" \\ \u{1F4BE}.bin", "[x](y){z}<w>|^`~.bin",
        "e\u{301}", "\u{E9}", ":@$,!*", String(repeating: "n", count: 255),
    ]

    @Test("take any name that a path may have, in folders of such names", arguments: places)
    func names(place: Place) async throws {
        let server = try await place.connect()
        for (index, name) in Self.names.enumerated() {
            let folder = "folder \(index) +%&#?ü"
            #expect(try await server.makeFolder(folder))
            let path = folder + "/" + name
            try await server.upload("up\(index)", [UInt8(index)])
            try await server.move("up\(index)", to: path, replacing: false)
            #expect(try await server.bytes(path) == [UInt8(index)])
            #expect(try await server.entries(folder)?.map { Array($0.name.utf8) } == [Array(name.utf8)])
            #expect(try await server.status(path)?.size == 1)
            #expect(try await server.remove(path))
            #expect(try await server.status(path) == nil)
            #expect(try await server.removeFolder(folder))
        }
        #expect(try await server.entries("") == [])
    }

    @Test("make a folder once, and none in nothing", arguments: places)
    func folders(place: Place) async throws {
        let server = try await place.connect()
        #expect(try await server.status("")?.isFolder == true)
        #expect(try await server.makeFolder("a"))
        #expect(try await !server.makeFolder("a"))
        #expect(try await server.makeFolder("a/b"))
        #expect(try await server.status("a/b") != nil)
        try await server.upload("a/file", [1])
        #expect(try await !server.makeFolder("a/file"))
        let entries = try #require(try await server.entries("a")).sorted { $0.name < $1.name }
        #expect(entries.map(\.name) == ["b", "file"] && entries.map(\.isFolder) == [true, false])
        #expect(try await server.entries("none") == nil)
        #expect(try await server.entries("a/file") == nil)
        #expect(try await server.status("none/none") == nil)
        await expect(.notFound) { _ = try await server.makeFolder("none/b") }
        await expect(.notFound) { try await server.upload("none/b", [1]) }
        await expect(.notFound) { try await server.upload("none/b", [UInt8](repeating: 1, count: 1 << 20)) }
        await expect(.notFound) { _ = try await server.bytes("none") }
        await expect(.notFound) { _ = try await server.bytes("a") }
        await expect(.notFound) { _ = try await server.bytes("none", 0..<0) }
    }

    @Test("remove only what they are told to", arguments: places)
    func removals(place: Place) async throws {
        let server = try await place.connect()
        #expect(try await server.makeFolder("a"))
        try await server.upload("a/file", [1])
        await expect(.conflict) { _ = try await server.removeFolder("a") }
        await expect(.conflict) { _ = try await server.remove("a") }
        #expect(try await server.bytes("a/file") == [1])
        #expect(try await server.remove("a/file"))
        #expect(try await !server.remove("a/file"))
        #expect(try await server.removeFolder("a"))
        #expect(try await !server.removeFolder("a"))
        #expect(try await server.status("a") == nil)
    }

    @Test("move a file, over another one only when told to", arguments: places)
    func moves(place: Place) async throws {
        let server = try await place.connect()
        #expect(try await server.makeFolder("a"))
        try await server.upload("one", [1])
        try await server.upload("two", [2, 2])
        try await server.move("one", to: "a/x", replacing: false)
        #expect(try await server.status("one") == nil)
        await expect(.conflict) { try await server.move("two", to: "a/x", replacing: false) }
        #expect(try await server.bytes("a/x") == [1])
        #expect(try await server.bytes("two") == [2, 2])
        try await server.move("two", to: "a/x", replacing: true)
        #expect(try await server.bytes("a/x") == [2, 2])
        #expect(try await server.status("a/x")?.size == 2)
        await expect(.notFound) { try await server.move("two", to: "a/y", replacing: false) }
        await expect(.notFound) { try await server.move("a/x", to: "none/x", replacing: false) }
        await expect(.conflict) { try await server.move("a/x", to: "a", replacing: true) }
        #expect(try await server.bytes("a/x") == [2, 2])
    }

    @Test("say how much room there is, where they know")
    func room() async throws {
        let apache = try await Place().connect()
        #expect(!apache.facts.tellsRoom)
        guard DAVServer.hasMore else { return }
        for kind in [DAVServer.Kind.sabre, .wsgi] {
            let server = try await Place(kind: kind).connect()
            #expect(server.facts.tellsRoom)
            let room = try await server.room()
            let (free, used) = (try #require(room.freeBytes), try #require(room.usedBytes))
            #expect(free > 0 && room.totalBytes == free + used)
        }
    }

    @Test("answer a probe while all connections are in use", arguments: places)
    func probe(place: Place) async throws {
        let server = try await DAVServer.shared(place.kind).connect(place.way, connections: 1)
        try await server.upload("long", [UInt8](repeating: 7, count: 3_000_000))
        let body = try await server.read("long", range: nil)
        _ = try await body.next()
        try await server.probe()
        try await server.upload("other", [1])
        await body.close()
        await server.close()
    }

    private func expect(
        _ code: ErrorCode, sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> Void
    ) async {
        let error = await #expect(throws: StorageError.self, sourceLocation: sourceLocation) { try await body() }
        #expect(error?.code == code, "\(error.map { "\($0)" } ?? "")", sourceLocation: sourceLocation)
    }
}
