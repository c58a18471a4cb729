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

    package var size: Int64? { body.size }

    package func next() async throws(StorageError) -> [UInt8]? {
        meter.awaits(giver)
        let chunk = try await body.next()
        meter.moved(chunk?.count ?? 0, then: taker)
        return chunk
    }

    package func close() async { await body.close() }
}

extension TransferMeter {
    /// Opens `source` for a store, metered where there is a meter.
    static func open(
        _ source: any ArchiveSource, _ meter: TransferMeter?
    ) async throws(StorageError) -> any ArchiveBody {
        guard let meter else { return try await source.open() }
        meter.awaits(.source)
        let body = try await source.open()
        return MeteredBody(body, meter, from: .source, to: .driver)
    }
}
