#if SFTP
    import SFTPDriver
#endif
import Storage
import StorageDrivers

/// Every driver type that Stowage brings: those of `AllDrivers`, and those that have a C library and a trait of their own.
enum BundledDrivers {
    static var all: [any StorageDriver.Type] {
        var all = AllDrivers.all
        #if SFTP
            all.append(SFTPStorageDriver.self)
        #endif
        return all
    }

    /// Those of them that this build does without, and what brings each back.
    static var leftOut: [String: String] {
        #if SFTP
            [:]
        #else
            ["sftp": "build it with the package trait SFTP, which needs libssh"]
        #endif
    }
}
