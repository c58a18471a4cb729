/// How archives are sent in parts, and how long a request waits.
package struct S3UploadPolicy: Sendable {
    /// Parts of one archive on their way at once.
    package var partsAtOnce = 4
    /// What all parts of the driver may hold in memory.
    package var bufferBytes = 48 << 20
    /// How many bytes become safe between two checkpoints.
    package var checkpointEveryBytes: Int64 = 64 << 20

    /// How long a request may go on without a byte in either direction.
    package var stall = Duration.seconds(60)

    package init() {}
}
