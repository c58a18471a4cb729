package import StowageContract

/// A body whose bytes are counted by a meter as they pass.
package final class MeteredBody: ArchiveBody {
    private let body: any ArchiveBody
    private let meter: TransferMeter
    private let giver: ErrorPlace
    private let taker: ErrorPlace

    /// A metered `body`, of which `giver` brings the bytes and `taker` takes them away.
    package init(_ body: any ArchiveBody, _ meter: TransferMeter, from giver: ErrorPlace, to taker: ErrorPlace) {
        self.body = body
        self.meter = meter
        self.giver = giver
        self.taker = taker
        meter.begin(total: body.size)
        meter.awaits(taker)
    }

    fileprivate func awaitGiver() { meter.awaits(giver) }

    fileprivate func awaitTaker() { meter.awaits(taker) }

    package var size: Int64? { body.size }

    package func next() async throws(StorageError) -> [UInt8]? {
        meter.awaits(giver)
        let chunk = try await body.next()
        meter.moved(chunk?.count ?? 0, then: taker)
        return chunk
    }

    package func close() async { await body.close() }
}

/// A metered body of a source that can be read from anywhere.
private final class SeekableMeteredBody: SeekableBody {
    private let body: any SeekableBody
    private let metered: MeteredBody
    private let meter: TransferMeter

    init(_ body: any SeekableBody, _ metered: MeteredBody, _ meter: TransferMeter) {
        self.body = body
        self.metered = metered
        self.meter = meter
    }

    var size: Int64? { body.size }

    var identity: String { body.identity }

    /// What lies before `offset` is done, by whomever.
    func seek(to offset: Int64) async throws(StorageError) {
        metered.awaitGiver()
        try await body.seek(to: offset)
        meter.begin(total: body.size, done: offset)
        metered.awaitTaker()
    }

    func next() async throws(StorageError) -> [UInt8]? { try await metered.next() }

    func close() async { await metered.close() }
}

extension TransferMeter {
    /// Opens `source` for a request, metered where there is a meter.
    static func open(
        _ source: any ArchiveSource, for request: StoreRequest
    ) async throws(StorageError) -> any ArchiveBody {
        guard let meter = request.meter else { return try await source.open() }
        meter.awaits(.source)
        let body = try await source.open()
        // What a copy writes to is no driver of its task's, which reads.
        let taker: ErrorPlace = request.operation == .copy ? .destination : .driver
        let metered = MeteredBody(body, meter, from: .source, to: taker)
        guard let body = body as? any SeekableBody else { return metered }
        return SeekableMeteredBody(body, metered, meter)
    }
}
