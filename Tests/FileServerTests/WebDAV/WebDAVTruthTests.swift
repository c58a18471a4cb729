import DriverConformance
import Foundation
import Storage
import StowageContract
import TestSupport
import Testing

@testable import StorageDrivers

/// What a server says is not always what it has done, and not always all that it has.
@Suite("WebDAV servers, whatever they say,", .timeLimit(.minutes(3)))
struct WebDAVTruthTests {
    @Test("make a folder for one of many who ask at once", arguments: WebDAVServerTests.places)
    func claims(place: WebDAVServerTests.Place) async throws {
        let server = try await place.connect()
        for round in 0..<10 {
            let made = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<8 { group.addTask { try await server.makeFolder("r\(round)") } }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(made == 1)
        }
    }

    @Test("remove a folder for one of many who ask at once", arguments: WebDAVServerTests.places)
    func removers(place: WebDAVServerTests.Place) async throws {
        let server = try await place.connect()
        for round in 0..<10 {
            #expect(try await server.makeFolder("r\(round)"))
            let removed = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<8 { group.addTask { try await server.removeFolder("r\(round)") } }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(removed == 1)
        }
        #expect(try await server.entries("") == [])
    }

    @Test("show a file that comes from another folder only when it is whole", arguments: WebDAVServerTests.places)
    func appearance(place: WebDAVServerTests.Place) async throws {
        let server = try await place.connect()
        #expect(try await server.makeFolder("from"))
        #expect(try await server.makeFolder("to"))
        let bytes = GeneratedSource(size: 8 << 20).bytes
        for round in 0..<3 {
            try await server.upload("from/file", bytes)
            let sizes = try await withThrowingTaskGroup(of: [Int64].self) { group in
                group.addTask {
                    var sizes: [Int64] = []
                    while sizes.last != Int64(bytes.count) {
                        if let entry = try await server.entries("to")?.first { sizes.append(entry.size) }
                    }
                    return sizes
                }
                try await server.move("from/file", to: "to/file", replacing: false)
                return try await group.next() ?? []
            }
            #expect(sizes == [Int64(bytes.count)], "\(round)")
            #expect(try await server.remove("to/file"))
        }
    }

    @Test("know a folder again by the way its names are written", arguments: WebDAVServerTests.places)
    func again(place: WebDAVServerTests.Place) async throws {
        let shared = try await DAVServer.shared(place.kind)
        let url = shared.folderURL(place.way)
        let server = try await shared.connect(place.way, url: url)
        #expect(server.address.naming.isCautious == [.nginx, .wsgi].contains(place.kind))
        #expect(try await server.makeFolder(".stowage-staging"))
        try await server.upload(".a;b", [1])
        let again = try await shared.connect(place.way, url: url)
        #expect(again.address.naming == server.address.naming)
        #expect(try await again.entries("").map { Set($0.map(\.name)) } == [".stowage-staging", ".a;b"])
    }

    /// As one that was written by a local driver, or through another server.
    @Test("refuse a folder with archives whose names they do not keep")
    func foreignTree() async throws {
        guard DAVServer.hasMore else { return }
        for kind in [DAVServer.Kind.nginx, .wsgi] {
            let shared = try await DAVServer.shared(kind)
            let url = shared.folderURL()
            try await shared.connect(url: url).close()
            try FileManager.default.createDirectory(
                atPath: shared.path(of: url) + ".stowage-staging", withIntermediateDirectories: false)
            let error = await #expect(throws: StorageError.self) { _ = try await shared.connect(url: url) }
            #expect(error?.code == .unsupported && error?.retry == .permanent)
        }
    }

    @Test("refuse a name that is too long as they would have to write it")
    func longNames() async throws {
        guard DAVServer.hasMore else { return }
        for kind in [DAVServer.Kind.nginx, .wsgi] {
            let server = try await DAVServer.shared(kind).connect()
            let longest = "." + String(repeating: "n", count: 252)
            try await server.upload(longest, [1])
            #expect(try await server.entries("")?.map(\.name) == [longest])
            for name in [longest + "n", longest + "nn"] {
                for call in [
                    { try await server.upload(name, [1]) }, { _ = try await server.makeFolder(name) },
                    { try await server.move(longest, to: name, replacing: false) },
                ] as [() async throws -> Void] {
                    let error = await #expect(throws: StorageError.self) { try await call() }
                    #expect(error?.code == .unsupported && error?.retry == .permanent)
                }
                #expect(try await server.status(name) == nil)
            }
        }
    }
}
