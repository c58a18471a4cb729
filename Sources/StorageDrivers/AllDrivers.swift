package import Storage

/// Every driver type that Stowage brings; one line each.
package enum AllDrivers {
    package static let all: [any StorageDriver.Type] = [
        FTPStorageDriver.self,
        LocalFileStorageDriver.self,
        MemoryStorageDriver.self,
        S3StorageDriver.self,
        WebDAVStorageDriver.self,
    ]
}
