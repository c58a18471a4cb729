public import Storage

extension DriverHarness {
    /// A driver in every stack: what its author gives to `ConformanceCase.selected`.
    ///
    /// `capabilities` is what the driver is meant to declare; cases are selected by it, and one compares the two.
    /// `driver` opens the driver over an empty store of its own, again for each case; the second value that it
    /// returns is kept for as long as the store is tested, such as a folder that vanishes with it.
    public static func everyStack(
        _ name: String, _ capabilities: StoreCapabilities, driver: @escaping Opening
    ) -> [DriverHarness] {
        Stack.allCases.map { stack in
            DriverHarness(name, stack, capabilities) { environment in
                let (opened, kept) = try await driver(environment)
                return (stack == .faulty ? disturbed(opened) : opened, kept)
            }
        }
    }

    private static func disturbed<Driver: StorageDriver>(_ driver: Driver) -> any StorageDriver {
        FaultInjectingDriver(driver)
    }
}
