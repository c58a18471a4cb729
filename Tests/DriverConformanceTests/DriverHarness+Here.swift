import DriverConformance
import ServiceRuntime
import Storage
import StorageDrivers
import TestSupport

extension DriverHarness {
    /// The drivers that need no server, in every stack.
    static let here: [DriverHarness] = Stack.allCases.flatMap { [memory($0), local($0)] }

    private static func memory(_ stack: Stack) -> DriverHarness {
        var capabilities = StoreCapabilities()
        capabilities.atomicCreate = true
        capabilities.rangeRead = true
        capabilities.list = true
        capabilities.capacity = true
        capabilities.isVolatile = true
        return DriverHarness(MemoryStorageDriver.type, stack, capabilities) { environment in
            let driver = try await MemoryStorageDriver.open(MemoryConfiguration(), in: environment)
            return (stack == .faulty ? FaultInjectingDriver(driver) : driver, ())
        }
    }

    private static func local(_ stack: Stack) -> DriverHarness {
        var capabilities = StoreCapabilities()
        capabilities.atomicCreate = true
        capabilities.rangeRead = true
        capabilities.resumableUpload = true
        capabilities.list = true
        capabilities.capacity = true
        return DriverHarness(LocalFileStorageDriver.type, stack, capabilities) { environment in
            let folder = try TemporaryFolder()
            let driver = try await LocalFileStorageDriver.open(
                LocalFileConfiguration(path: folder.path), in: environment,
                checkpoints: CheckpointPolicy(leastBytes: 1 << 20, everyBytes: 256 << 10))
            return (stack == .faulty ? FaultInjectingDriver(driver) : driver, folder)
        }
    }
}
