import ServiceRuntime
import Sharing
import Synchronization

/// Sends requests over connections that it keeps, on a loop thread of its own.
package final class TransferClient: Sendable {
    package let configuration: TransferConfiguration
    private let loop: EventLoopThread
    private let inbox: ExchangeInbox
    private let last = Atomic<Int>(0)

    /// - Throws: `unexpected` when the library cannot be set up.
    package init(_ configuration: TransferConfiguration) throws(TransferError) {
        self.configuration = configuration
        let loop = EventLoopThread()
        self.loop = loop
        inbox = ExchangeInbox(loop: loop)
        loop.start([try CurlEngine(configuration, loop: loop, inbox: inbox)], stackBytes: 4 << 20)
    }

    deinit { loop.stop() }

    /// Sends a request and returns as soon as the head of its answer is there.
    ///
    /// Waits its turn when all connections are in use. A body that streams is pulled by a child task until it has gone, or
    /// until the server has said that it does not want it (a status from 300 on). Cancelling the task ends the transfer.
    ///
    /// Requests are sent once. Only a kept connection that turns out to be dead before any byte of an answer came is
    /// replaced, and then only where nothing of a body had gone.
    /// - Throws: what kept the head from coming.
    package func start(_ request: TransferRequest) async throws(TransferError) -> TransferResponse {
        try request.validate(schemes: configuration.schemes)
        if Task.isCancelled { throw .cancelled }
        let exchange = Exchange(
            last.add(1, ordering: .relaxed).newValue, request, bufferBytes: configuration.bufferBytes, inbox: inbox)
        if case .stream(let body, size: 0) = request.body { try await Self.expectNothing(of: body) }
        inbox.put(.submit(exchange))
        guard case .stream(let body, let size) = request.body, size != 0 else {
            return TransferResponse(try await exchange.head(), exchange, self)
        }
        let head = await withTaskGroup(of: Void.self) { group in
            group.addTask { await exchange.pump(body) }
            let head: Result<TransferHead, TransferError>
            do throws(TransferError) {
                head = .success(try await exchange.head())
            } catch {
                head = .failure(error)
            }
            group.cancelAll()
            return head
        }
        return TransferResponse(try head.get(), exchange, self)
    }

    /// An empty object is complete before its source was asked.
    private static func expectNothing(of body: any TransferBody) async throws(TransferError) {
        do {
            while let chunk = try await body.next() {
                if !chunk.isEmpty {
                    throw TransferError(.requestBody, "the body has more bytes than was said")
                }
            }
        } catch {
            if Task.isCancelled { throw .cancelled }
            if let error = error as? TransferError { throw error }
            throw TransferError(.requestBody, "the body of the request failed", underlying: error)
        }
    }

    /// Ends all transfers (`closed`) and connections; what is started later fails.
    package func close() async {
        await handedOver { inbox.put(.close($0)) }
        loop.stop()
    }
}
