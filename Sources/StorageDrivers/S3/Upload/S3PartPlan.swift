/// Where an archive is cut into parts: a function of its size and the configuration, so that any two writers of it send
/// the same parts.
///
/// Limits: Amazon S3 User Guide, "Multipart upload limits"; compatible stores have the same or wider ones.
package struct S3PartPlan: Sendable, Equatable {
    /// What every part but the last must have.
    static let leastPartBytes = 5 << 20
    static let mostParts = 10_000
    /// Parts up to here are held in memory, which lets them be sent again and side by side; longer ones pass through.
    package static let mostBufferedBytes = 48 << 20
    /// 5 GiB.
    static let mostPartBytes = 5 << 30
    /// 5 TiB.
    static let mostBytes: Int64 = 5 << 40

    /// How many bytes the first parts have.
    let firstBytes: Int
    /// After so many parts of one length they grow by half; `nil`: they never do.
    private let growsAfter: Int?

    /// Whether its parts can be held in memory.
    let isBuffered: Bool

    /// The plan of an archive of `size` bytes (`nil`: nobody knows), with parts of `wanted` bytes where that is enough.
    ///
    /// `mostHeldBytes`: how long a part may be that is held in memory, where the size is known.
    init(size: Int64?, wanted: Int, mostHeldBytes: Int = S3PartPlan.mostBufferedBytes) {
        guard let size else {
            firstBytes = wanted
            growsAfter = 500
            isBuffered = true
            return
        }
        let needed = (size + Int64(Self.mostParts) - 1) / Int64(Self.mostParts)
        let megabytes = (Int(needed) + (1 << 20) - 1) >> 20
        firstBytes = max(wanted, min(megabytes << 20, Self.mostPartBytes))
        growsAfter = nil
        isBuffered = firstBytes <= mostHeldBytes
    }

    /// The length of a part, which the last one may fall short of; parts are counted from 1.
    ///
    /// Where nobody knows the size, parts never become too long to be held: the length of one that passes must be known
    /// before. That ends at about 400 GiB.
    func bytes(ofPart number: Int) -> Int {
        guard let growsAfter else { return firstBytes }
        var bytes = firstBytes
        for _ in 0..<((number - 1) / growsAfter) {
            bytes = ((bytes + bytes / 2) >> 20) << 20
            if bytes >= Self.mostBufferedBytes { return Self.mostBufferedBytes }
        }
        return bytes
    }
}
