import DriverConformance
import Storage
import StorageDrivers
import TestSupport

/// Real WebDAV servers in the ways that they are spoken to.
extension DriverHarness {
    static let webDAV: [DriverHarness] = {
        let apache =
            Stack.allCases.map { webDAV($0, .apache, .basic) } + [
                webDAV(.full, .apache, .digest), webDAV(.full, .apache, .tls),
            ]
        guard DAVServer.hasMore else { return apache }
        return apache
            + [DAVServer.Kind.nginx, .sabre, .wsgi].flatMap { kind in Stack.allCases.map { webDAV($0, kind, .basic) } }
    }()

    private static func webDAV(_ stack: Stack, _ kind: DAVServer.Kind, _ way: DAVServer.Way) -> DriverHarness {
        var capabilities = StoreCapabilities()
        // Servers look, and then move.
        capabilities.atomicCreate = false
        capabilities.rangeRead = true
        capabilities.list = true
        capabilities.listsStoreTimes = true
        capabilities.capacity = kind == .sabre || kind == .wsgi
        var harness = DriverHarness("\(WebDAVStorageDriver.type) \(kind) \(way)", stack, capabilities) { environment in
            let server = try await DAVServer.shared(kind)
            let driver = try await WebDAVStorageDriver.open(server.configuration(way), in: environment)
            return (stack == .faulty ? FaultInjectingDriver(driver) : driver, ())
        }
        // Many cases at once hold what the driver may hold, each of them.
        harness.measuresMemory = false
        return harness
    }
}
