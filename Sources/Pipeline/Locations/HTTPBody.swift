import Storage
import StowageContract
import Transfer

/// What a server sends, from its start to its end.
final class HTTPBody: ArchiveBody {
    let size: Int64?
    private let response: TransferResponse

    init(_ response: TransferResponse, size: Int64?) {
        self.response = response
        self.size = size
    }

    func next() async throws(StorageError) -> [UInt8]? { try await response.chunk() }

    func close() async { await response.close() }
}

extension TransferResponse {
    /// As `next`; errors are the source's.
    func chunk() async throws(StorageError) -> [UInt8]? {
        do throws(TransferError) {
            return try await next()
        } catch {
            throw StorageError(error, at: .source, server: url.server)
        }
    }
}
