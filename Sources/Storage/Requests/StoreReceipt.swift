package import StowageContract

/// What a storage says of an archive that stands.
package struct StoreReceipt: Sendable {
    /// Made from the stored manifest.
    package var handle: ArchiveHandle
    /// An earlier delivery had committed it.
    package var alreadyPresent: Bool
    /// How the bytes in the store were proved; `nil`: not.
    package var verified: Verification?
    /// How it was made sure that nothing was replaced.
    package var exclusive: Exclusivity
    /// What survives a loss of power.
    package var durability: Durability
    /// The retention in force, with who enforces it.
    package var retention: Retention?
    /// Bytes taken from the source in this call.
    package var sourceBytes: Int64
    /// Bytes that were in the store already and not taken again.
    package var resumedBytes: Int64

    /// A receipt from its parts.
    package init(
        handle: ArchiveHandle, alreadyPresent: Bool, verified: Verification?, exclusive: Exclusivity,
        durability: Durability, retention: Retention?, sourceBytes: Int64, resumedBytes: Int64 = 0
    ) {
        self.handle = handle
        self.alreadyPresent = alreadyPresent
        self.verified = verified
        self.exclusive = exclusive
        self.durability = durability
        self.retention = retention
        self.sourceBytes = sourceBytes
        self.resumedBytes = resumedBytes
    }
}
