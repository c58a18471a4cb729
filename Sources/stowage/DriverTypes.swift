import Storage
import StorageDrivers

/// The driver types that this program is built with.
enum DriverTypes {
    static let factory = StorageDriverFactory(AllDrivers.all)
}
