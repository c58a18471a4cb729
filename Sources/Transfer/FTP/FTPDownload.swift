import Sharing

/// A file or listing that the server has begun to send.
///
/// It keeps its connection until its last byte was read or `close` was called.
package final class FTPDownload: Sendable {
    private let response: TransferResponse
    private let record: FTPRecord
    private let lease: Guarded<FTPLease?>

    init(_ response: TransferResponse, _ record: FTPRecord, _ lease: FTPLease) {
        self.response = response
        self.record = record
        self.lease = Guarded(lease)
    }

    /// The answer to a command that went out before it.
    package func answer(to verb: String) -> FTPReply? { record.answer(to: verb) }

    /// The next bytes; `nil` after the last one, once the server has said that it was the last one.
    package func next() async throws(FTPError) -> [UInt8]? {
        let session = lease.withLock { $0?.lane.session }
        let result = await withTaskCancellationHandler {
            do throws(TransferError) {
                return Result<[UInt8]?, TransferError>.success(try await response.next())
            } catch {
                return .failure(Task.isCancelled ? .cancelled : error)
            }
        } onCancel: {
            session?.abort()
        }
        if case .success(.some(let bytes)) = result { return bytes }
        giveBack()
        do throws(TransferError) {
            return try result.get()
        } catch {
            throw FTPError(error, record)
        }
    }

    /// Lets the rest go; the connection goes with it.
    package func close() async {
        let lease = lease.withLock { $0 }
        guard let lease else { return }
        lease.lane.session.abort()
        await response.close()
        giveBack()
    }

    private func giveBack() {
        let lease = lease.withLock { lease in
            defer { lease = nil }
            return lease
        }
        _ = lease
    }
}
