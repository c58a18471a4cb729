package import StowageContract
package import StrictCoding

/// One entry of `drivers` in the configuration, taken apart.
package struct DriverDefinition: Sendable {
    /// The configured name.
    package var name: DriverName
    /// Which `StorageDriver` runs it.
    package var type: String
    /// The keys that every driver takes.
    package var settings: DriverSettings
    /// An object of the driver's own keys.
    package var configuration: JSONValue

    /// A definition from its parts.
    package init(
        name: DriverName, type: String, settings: DriverSettings = DriverSettings(), configuration: JSONValue = [:]
    ) {
        self.name = name
        self.type = type
        self.settings = settings
        self.configuration = configuration
    }
}
