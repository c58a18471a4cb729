/// Opens the source for the leading store.
struct FanOutLeader: ArchiveSource {
    let fan: FanOut

    func open() async throws(StorageError) -> any ArchiveBody { try await fan.openAsLeader() }
}

/// Opens what is read by the leader for a following store.
struct FanOutFollower: ArchiveSource {
    let fan: FanOut
    let index: Int

    func open() async throws(StorageError) -> any ArchiveBody {
        try fan.openAsFollower(index)
    }
}

/// The bytes of the source, read in step with those who follow.
final class FanOutLeadingBody: ArchiveBody {
    private let fan: FanOut
    private let body: any ArchiveBody

    init(fan: FanOut, body: any ArchiveBody) {
        self.fan = fan
        self.body = body
    }

    var size: Int64? { body.size }

    func next() async throws(StorageError) -> [UInt8]? { try await fan.lead(body) }

    func close() async { await body.close() }
}

/// The bytes that the leader has read.
final class FanOutFollowingBody: ArchiveBody {
    private let fan: FanOut
    private let index: Int
    let size: Int64?

    init(fan: FanOut, index: Int, size: Int64?) {
        self.fan = fan
        self.index = index
        self.size = size
    }

    func next() async throws(StorageError) -> [UInt8]? { try await fan.follow(index) }

    func close() async {}
}
