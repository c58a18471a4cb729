import ServiceRuntime
import Sharing

/// Speaks FTP with one server as one user, over connections that it keeps.
///
/// Paths are absolute from the root that the user sees, without the first slash. Nothing is tried twice.
package final class FTPClient: Sendable {
    private let configuration: FTPClientConfiguration
    private let lanes: FTPLanes
    private let user: String
    private let password: String
    private let sessionCommands = Guarded<[FTPCommand]>([])

    /// - Throws: `invalidRequest` where the user or the password cannot stand on a line.
    package init(_ configuration: FTPClientConfiguration) throws(TransferError) {
        self.configuration = configuration
        user = configuration.user ?? "anonymous"
        password = configuration.password?.exposed ?? "stowage"
        for text in [user, password] { try FTPCommand.check(text) }
        _ = try configuration.url("")
        lanes = FTPLanes(configuration.transfer, atMost: configuration.connections)
    }

    /// What every connection begins with from now on, whatever the server answers.
    package func begin(with commands: [FTPCommand]) {
        sessionCommands.withLock { $0 = commands }
    }

    /// Sends commands one after the other; each is sent whatever the answers before it were.
    ///
    /// - Returns: their answers, refusals included.
    /// - Throws: `FTPError` where one was not answered, or the server ended the connection (421).
    package func run(
        _ commands: [FTPCommand], limits: TransferLimits? = nil
    ) async throws(FTPError) -> [FTPReply] {
        let lease = try await lease()
        let actions = FTPActions(act: .commands, before: commands)
        let record = try await perform(actions, "", nil, limits, over: lease.lane).record
        return try Self.replies(to: commands, in: record)
    }

    /// The same, but the first command that is refused is the last one, and its connection is given up.
    ///
    /// `timeLeft` is asked once a connection is there, for which others may have to be waited; nothing is sent where it is over.
    /// - Returns: the answers that came, and why there are not more.
    package func runInOrder(
        _ commands: [FTPCommand], within timeLeft: () -> Duration
    ) async -> (replies: [FTPReply], failure: FTPError?) {
        let record = FTPRecord(limit: configuration.replyBytes)
        do throws(FTPError) {
            let lease = try await lease()
            var limits = configuration.limits
            limits.total = timeLeft()
            guard let total = limits.total, total > .zero else {
                throw FTPError(.transfer(TransferError(.timeout, "it is too late to begin")))
            }
            let actions = FTPActions(act: .commands, before: commands, stopsAtRefusal: true)
            _ = try await perform(actions, "", nil, limits, over: lease.lane, record)
            return (try Self.replies(to: commands, in: record), nil)
        } catch {
            return (record.own.compactMap(\.answer), error)
        }
    }

    private static func replies(
        to commands: [FTPCommand], in record: FTPRecord
    ) throws(FTPError) -> [FTPReply] {
        let replies = record.own.suffix(commands.count).compactMap(\.answer)
        guard replies.count == commands.count else {
            throw FTPError(
                .transfer(TransferError(.protocol, "the server has not answered every command")),
                unanswered: commands.map(\.verb))
        }
        return replies
    }

    /// `STOR`, behind `REST` where `offset` is not 0; returns after the server's confirmation.
    ///
    /// `size` is that of what is sent now; `nil`: nobody knows yet. `commands` are sent behind it, once it is confirmed, each
    /// whatever the answers before it were.
    /// - Returns: the answers to `commands`.
    @discardableResult
    package func upload(
        _ path: String, at offset: Int64, size: Int64?, from body: any TransferBody, then commands: [FTPCommand] = [],
        limits: TransferLimits? = nil
    ) async throws(FTPError) -> [FTPReply] {
        let lease = try await lease()
        let actions = FTPActions(act: .upload(offset: offset), after: commands)
        let record = try await perform(actions, path, .stream(body, size: size), limits, over: lease.lane).record
        return try Self.replies(to: commands, in: record)
    }

    /// `RETR`, behind `REST` where `offset` is not 0, and behind `commands`; returns when the server begins to send.
    package func download(
        _ path: String, from offset: Int64 = 0, after commands: [FTPCommand] = []
    ) async throws(FTPError) -> FTPDownload {
        try await open(.download(offset: offset), path, commands)
    }

    /// A listing as it comes, of at most that many bytes.
    ///
    /// `verb` is `MLSD` or `LIST`; options may stand behind it (`LIST -a`).
    package func list(_ folder: String, by verb: String, atMost limit: Int) async throws(FTPError) -> [UInt8] {
        let download = try await open(.list(verb: verb), folder.isEmpty ? "" : folder + "/")
        var bytes: [UInt8] = []
        while let chunk = try await download.next() {
            bytes += chunk
            guard bytes.count <= limit else {
                await download.close()
                throw FTPError(.transfer(TransferError(.tooLarge, "the listing is larger than expected")))
            }
        }
        return bytes
    }

    /// Ends connections; calls that come later fail.
    package func close() async {
        await lanes.close()
    }

    private func open(
        _ act: FTPActions.Act, _ path: String, _ commands: [FTPCommand] = []
    ) async throws(FTPError) -> FTPDownload {
        let lease = try await lease()
        let actions = FTPActions(act: act, before: commands)
        let (response, record) = try await perform(actions, path, nil, nil, over: lease.lane)
        return FTPDownload(response, record, lease)
    }

    private func lease() async throws(FTPError) -> FTPLease {
        do throws(TransferError) {
            return try await lanes.lease()
        } catch {
            throw FTPError(.transfer(error))
        }
    }

    private func perform(
        _ actions: FTPActions, _ path: String, _ body: TransferRequest.Body?, _ limits: TransferLimits?,
        over lane: FTPLanes.Lane, _ given: FTPRecord? = nil
    ) async throws(FTPError) -> (response: TransferResponse, record: FTPRecord) {
        let record = given ?? FTPRecord(limit: configuration.replyBytes)
        do throws(TransferError) {
            // Checked as what it becomes: the argument of a command.
            _ = try FTPCommand("STOR", path)
            var request = TransferRequest("FTP", try configuration.url(path), body: body)
            request.limits = limits
            request.ftp = FTPInstructions(
                actions: actions, sessionCommands: sessionCommands.withLock { $0 }, user: user, password: password,
                isSecure: configuration.security != .none, session: lane.session, record: record)
            let result = await Self.start(request, over: lane)
            return (try result.get(), record)
        } catch {
            throw FTPError(error, record)
        }
    }

    /// The loop may be within libcurl, waiting for the server: only the end of the connection ends that.
    private static func start(
        _ request: TransferRequest, over lane: FTPLanes.Lane
    ) async -> Result<TransferResponse, TransferError> {
        await withTaskCancellationHandler {
            do throws(TransferError) {
                return .success(try await lane.client.start(request))
            } catch {
                return .failure(Task.isCancelled ? .cancelled : error)
            }
        } onCancel: {
            lane.session.abort()
        }
    }
}
