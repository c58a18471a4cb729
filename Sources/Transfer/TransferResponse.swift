/// An answer whose head has come, and whose body is pulled.
///
/// It keeps its connection until its body was read to the end or `close` was called; letting it go closes it too.
package final class TransferResponse: Sendable {
    package let head: TransferHead
    private let exchange: Exchange
    /// Carries the exchange for as long as anybody can read it.
    private let client: TransferClient

    init(_ head: TransferHead, _ exchange: Exchange, _ client: TransferClient) {
        self.head = head
        self.exchange = exchange
        self.client = client
    }

    deinit { exchange.inbox.put(.cancel(exchange.id)) }

    package var url: TransferURL { exchange.request.url }

    package var progress: TransferProgress { exchange.progress }

    /// Whether the request went out before, over a kept connection that broke before it was answered: what the server says
    /// may be about what it did then.
    package var isRepeat: Bool { exchange.isRepeat }

    /// The next bytes, in order, once; `nil` after the last one.
    ///
    /// To be called by one task at a time. Returns what is there, at most what the client buffers. Nothing is fetched beyond that until it is called again.
    /// - Throws: what ended the transfer, after the bytes that came before it; `cancelled` when the task is.
    package func next() async throws(TransferError) -> [UInt8]? {
        while true {
            if Task.isCancelled { await exchange.close() }
            switch try exchange.take() {
            case .chunk(let bytes): return bytes
            case .end: return nil
            case .nothingYet: await exchange.waitForBytes()
            }
        }
    }

    /// The whole body, where it is small: error documents, listings.
    ///
    /// - Throws: `tooLarge` when there are more bytes; the response is then closed.
    package func bytes(atMost limit: Int) async throws(TransferError) -> [UInt8] {
        var bytes: [UInt8] = []
        while let chunk = try await next() {
            guard bytes.count + chunk.count <= limit else {
                await close()
                var error = TransferError(
                    .tooLarge, "the body of the answer is larger than expected", mayHaveSent: true)
                error.place = url.description
                throw error
            }
            bytes += chunk
        }
        return bytes
    }

    /// Ends the transfer where it stands; its connection is closed unless all had come.
    package func close() async { await exchange.close() }
}
