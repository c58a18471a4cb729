import ServiceRuntime
import Sharing

/// Connections to one server that are kept, each on a loop of its own.
///
/// Not on one loop: libcurl waits for the answer at the end of a file, and for the handshake of a data connection, without
/// turning back to the loop (7.88, `ftp_done`, `InitiateTransfer`); everybody else on it would wait too, for as long as one
/// server is silent.
final class FTPLanes: Sendable {
    /// A transfer client for one connection.
    final class Lane: Sendable {
        let client: TransferClient
        let session = FTPSession()

        init(_ configuration: TransferConfiguration) throws(TransferError) {
            client = try TransferClient(configuration)
        }
    }

    private struct State {
        /// The last one used is taken first: it is the one that lives.
        var idle: [Lane] = []
        var isClosed = false
    }

    private let configuration: TransferConfiguration
    private let limit: ConcurrencyLimit
    private let state = Guarded(State())

    init(_ configuration: TransferConfiguration, atMost limit: Int) {
        self.configuration = configuration
        self.limit = ConcurrencyLimit(max(1, limit))
    }

    /// A lane of one's own until the lease goes; waits its turn.
    func lease() async throws(TransferError) -> FTPLease {
        let permit: Permit
        do throws(CancellationError) {
            permit = try await limit.acquire()
        } catch {
            throw .cancelled
        }
        let (lane, isClosed) = state.withLock { ($0.idle.popLast(), $0.isClosed) }
        if isClosed { throw .closed }
        if let lane { return FTPLease(lane, permit, of: self) }
        return FTPLease(try Lane(configuration), permit, of: self)
    }

    fileprivate func giveBack(_ lane: Lane) {
        state.withLock { if !$0.isClosed { $0.idle.append(lane) } }
    }

    func close() async {
        let lanes = state.withLock { state in
            state.isClosed = true
            defer { state.idle = [] }
            return state.idle
        }
        for lane in lanes {
            // No goodbye: it would wait for its answer.
            lane.session.abort()
            await lane.client.close()
        }
    }
}

/// The use of a lane, given back when the last one lets go of it.
final class FTPLease: Sendable {
    let lane: FTPLanes.Lane
    private let permit: Permit
    private let lanes: FTPLanes

    init(_ lane: FTPLanes.Lane, _ permit: consuming Permit, of lanes: FTPLanes) {
        self.lane = lane
        self.permit = permit
        self.lanes = lanes
    }

    deinit { lanes.giveBack(lane) }
}
