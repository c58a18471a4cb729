import ServiceRuntime
import Testing
import Transfer

/// A client for one test.
func makeClient(_ change: (inout TransferConfiguration) -> Void = { _ in }) throws -> TransferClient {
    var configuration = TransferConfiguration()
    configuration.limits = TransferLimits(connect: .seconds(20), stall: .seconds(20))
    change(&configuration)
    return try TransferClient(configuration)
}

extension TransferClient {
    /// Sends a request, reads its answer to the end.
    func exchange(_ request: TransferRequest) async throws -> (head: TransferHead, body: String) {
        let response = try await start(request)
        let body = try await response.bytes(atMost: 1 << 20)
        return (response.head, String(decoding: body, as: UTF8.self))
    }

    func get(_ url: String) async throws -> (head: TransferHead, body: String) {
        try await exchange(TransferRequest("GET", TransferURL(url)))
    }

    /// The error that a request ends with, in its head or in its body.
    func failure(of request: TransferRequest, _ place: SourceLocation = #_sourceLocation) async -> TransferError? {
        do {
            let answer = try await exchange(request)
            Issue.record("answered \(answer.head.status)", sourceLocation: place)
        } catch {
            return error as? TransferError
        }
        return nil
    }

    func failure(ofGetting url: String, _ place: SourceLocation = #_sourceLocation) async throws -> TransferError? {
        await failure(of: TransferRequest("GET", try TransferURL(url)), place)
    }
}
