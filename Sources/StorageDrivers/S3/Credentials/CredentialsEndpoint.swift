import Storage
import StowageContract
import Transfer

/// Asks an endpoint near us for credentials, and says what its refusals mean.
struct CredentialsEndpoint: Sendable {
    /// It is near: what takes longer is not there.
    static let limits = TransferLimits(connect: .seconds(2), stall: .seconds(5), total: .seconds(10))

    let client: TransferClient

    /// The body of the answer to one request.
    ///
    /// - Throws: `.unauthenticated` for an answer that says no, `.unavailable` where another try may help.
    func ask(_ method: String, _ url: TransferURL, headers: TransferHeaders) async throws(StorageError) -> [UInt8] {
        var request = TransferRequest(method, url, headers: headers)
        request.limits = Self.limits
        let (status, body): (Int, [UInt8])
        do throws(TransferError) {
            let response = try await client.start(request)
            (status, body) = (response.head.status, try await response.bytes(atMost: LentCredentials.answerBytes))
        } catch {
            throw Self.meaning(of: error)
        }
        guard status == 200 else { throw Self.meaning(of: status) }
        return body
    }

    private static func meaning(of status: Int) -> StorageError {
        // A role can be given to us while we run.
        let isRefusal = (400..<500).contains(status) && status != 408 && status != 429
        return StorageError(
            isRefusal ? .unauthenticated : .unavailable, .transient(after: nil),
            isRefusal ? "the endpoint gives us no credentials" : "the endpoint for credentials fails",
            context: ["status": "\(status)"])
    }

    private static func meaning(of error: TransferError) -> StorageError {
        switch error.kind {
        case .cancelled: return .cancelled
        case .invalidRequest:
            return StorageError(.unauthenticated, .permanent, "the endpoint for credentials cannot be asked")
        default:
            var context = ["cause": error.kind.rawValue]
            context["place"] = error.place
            return StorageError(
                .unavailable, .transient(after: nil), "the endpoint for credentials does not answer", context: context)
        }
    }
}
