/// How archives are sent in parts, and how long a request waits.
package struct S3UploadPolicy: Sendable {
    /// Parts of one archive on their way at once.
    package var partsAtOnce = 4
    /// What all parts of the driver may hold in memory.
    package var bufferBytes = 48 << 20
    /// Longer parts are not held in memory: they pass through, one after the other.
    package var heldPartBytes = S3PartPlan.mostBufferedBytes
    /// How many bytes become safe between two checkpoints.
    package var checkpointEveryBytes: Int64 = 64 << 20

    /// Copies that the store makes by itself are made at once up to here, longer ones in parts: Amazon takes 5 GiB, but a
    /// copy is given up as well when nothing comes for `stall`.
    package var copyAtOnceBytes: Int64 = 1 << 30
    /// How long the parts of such a copy are.
    package var copyPartBytes: Int64 = 256 << 20

    /// How long a request may go on without a byte in either direction.
    package var stall = Duration.seconds(60)

    package init() {}
}
