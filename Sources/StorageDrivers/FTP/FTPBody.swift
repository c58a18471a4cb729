import Sharing
import Storage
import Transfer

/// The bytes of a file as they come; ends at the end of the range that was asked for.
final class FTPBody: ArchiveBody {
    let size: Int64?
    private let download: FTPDownload
    private let left: Guarded<Int64?>

    init(_ download: FTPDownload, count: Int64?) {
        self.download = download
        size = count
        left = Guarded(count)
    }

    /// All of a file; `size` is what the server says of it, and its word at the end is what counts.
    init(_ download: FTPDownload, size: Int64?) {
        self.download = download
        self.size = size
        left = Guarded(nil)
    }

    func next() async throws(StorageError) -> [UInt8]? {
        if left.withLock({ $0 }) == 0 {
            await download.close()
            return nil
        }
        do throws(FTPError) {
            guard let chunk = try await download.next() else {
                left.withLock { if $0 != nil { $0 = 0 } }
                return nil
            }
            let taken = left.withLock { left -> Int in
                guard let before = left else { return chunk.count }
                let taken = Int(min(Int64(chunk.count), before))
                left = before - Int64(taken)
                return taken
            }
            return taken == chunk.count ? chunk : Array(chunk[..<taken])
        } catch {
            throw FTPErrors.error(error)
        }
    }

    func close() async { await download.close() }
}

/// The bytes of an archive on their way to the server.
struct FTPUploadBody: TransferBody {
    let body: any ArchiveBody

    func next() async throws -> [UInt8]? { try await body.next() }
}
