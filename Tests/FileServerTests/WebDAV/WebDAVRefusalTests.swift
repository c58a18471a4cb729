import DriverConformance
import Foundation
import ServiceRuntime
import Storage
import StorageDrivers
import StowageContract
import TestSupport
import Testing

/// Whom a real server does not let in, and whom we do not let in; disks that are full.
@Suite("WebDAV servers that refuse", .timeLimit(.minutes(3)))
struct WebDAVRefusalTests {
    @Test("a wrong password is none of ours to try again", arguments: [DAVServer.Way.basic, .digest, .tls])
    func password(way: DAVServer.Way) async throws {
        let server = try await DAVServer.shared()
        var configuration = server.configuration(way)
        configuration.password = Secret("geheim")
        let error = await #expect(throws: StorageError.self) {
            _ = try await WebDAVServer.connect(configuration, in: try .overDAV())
        }
        #expect(error?.code == .unauthenticated && error?.retry == .permanent)
        #expect(!"\(error.map { "\($0)" } ?? "")".contains("geheim"))
    }

    @Test("a certificate that nobody vouches for ends the conversation before the password is said")
    func certificate() async throws {
        let server = try await DAVServer.shared()
        var configuration = server.configuration(.tls)
        configuration.ca = nil
        let error = await #expect(throws: StorageError.self) {
            _ = try await WebDAVServer.connect(configuration, in: try .overDAV())
        }
        #expect(error?.code == .unavailable && error?.context["problem"] == "tls")
    }

    @Test("a disk that is full is said to be, and nothing stays")
    func fullDisk() async throws {
        let server = try await DAVServer.start(.apache, ["DAV_MB": "6"])
        let storage = try await server.storage()
        let request = try StoreRequest.freshDAV()
        let error = await #expect(throws: StorageError.self) {
            try await storage.store(request, from: GeneratedSource(size: 12 << 20))
        }
        #expect(error?.code == .outOfSpace, "\(error.map { "\($0)" } ?? "") \(server.lastLines)")
        #expect(try await storage.list(ListData()).archives.isEmpty)
        // The room is there again.
        let small = try StoreRequest.freshDAV()
        _ = try await storage.store(small, from: GeneratedSource(size: 4 << 20))
        #expect(try await storage.list(ListData()).archives.map(\.key) == [small.davKey])
    }

    @Test(
        "a server that says yes to what the full disk has cut short is not believed",
        .enabled(if: DAVServer.hasMore))
    func lie() async throws {
        let server = try await DAVServer.start(.sabre, ["DAV_MB": "6"])
        let storage = try await server.storage()
        let request = try StoreRequest.freshDAV()
        let error = await #expect(throws: StorageError.self) {
            try await storage.store(request, from: GeneratedSource(size: 12 << 20))
        }
        #expect(error.map { [.integrityMismatch, .outOfSpace].contains($0.code) } == true)
        #expect(try await storage.list(ListData()).archives.isEmpty)
        let small = try StoreRequest.freshDAV()
        _ = try await storage.store(small, from: GeneratedSource(size: 1 << 20))
        #expect(try await storage.list(ListData()).archives.map(\.key) == [small.davKey])
    }
}
