import Sharing
import Storage
import StowageContract
import Transfer

/// The bytes of a file as they come; a part of it where the server sends only the whole.
final class WebDAVBody: ArchiveBody {
    let size: Int64?
    private let response: TransferResponse
    private let call: WebDAVCall
    private let isLonger: Bool
    private let state: Guarded<(toSkip: Int64, left: Int64?)>

    /// Leaves out `skipping` bytes.
    ///
    /// Then come `count`, `nil`: nobody knows how many. `isLonger`: more may come behind them.
    init(
        _ response: TransferResponse, _ call: WebDAVCall, skipping: Int64 = 0, count: Int64?, isLonger: Bool = false
    ) {
        self.response = response
        self.call = call
        self.isLonger = isLonger
        size = count
        state = Guarded((skipping, count))
    }

    func next() async throws(StorageError) -> [UInt8]? {
        do throws(TransferError) {
            while true {
                if state.withLock({ $0.left == 0 }) {
                    try await expectEnd()
                    return nil
                }
                guard let chunk = try await response.next() else {
                    if state.withLock({ $0.left != nil }) { throw Self.wrongLength }
                    return nil
                }
                let (wanted, isCut) = state.withLock { state -> (ArraySlice<UInt8>, Bool) in
                    let skipped = Int(min(state.toSkip, Int64(chunk.count)))
                    state.toSkip -= Int64(skipped)
                    let rest = chunk[skipped...]
                    guard let left = state.left else { return (rest, false) }
                    let wanted = rest.prefix(Int(min(left, Int64(rest.count))))
                    state.left = left - Int64(wanted.count)
                    return (wanted, wanted.count < rest.count)
                }
                if isCut, !isLonger { throw Self.wrongLength }
                if !wanted.isEmpty { return wanted.count == chunk.count ? chunk : Array(wanted) }
            }
        } catch {
            throw WebDAVErrors.error(error, call)
        }
    }

    /// What was asked for has come: the end of the answer lets its connection be used again.
    private func expectEnd() async throws(TransferError) {
        if isLonger { return }
        if try await response.next() != nil { throw Self.wrongLength }
    }

    private static let wrongLength = TransferError(
        .peerClosed, "the server sent another number of bytes than it said")

    func close() async { await response.close() }
}
