import Cryptography
import Sharing
import Storage
import StowageContract
import Transfer

/// What a server sends, of which it sends the rest as well.
final class HTTPSeekableBody: SeekableBody {
    private struct State {
        /// `nil`: all has come, or the rest could not be asked for.
        var response: TransferResponse?
        /// Bytes to come that nobody wants.
        var skip: Int64 = 0
        var isAtEnd = false
    }

    let identity: String
    private let representation: HTTPRepresentation
    private let source: HTTPSource
    private let state: Guarded<State>

    init(_ response: TransferResponse, _ representation: HTTPRepresentation, of source: HTTPSource) {
        self.representation = representation
        self.source = source
        self.state = Guarded(State(response: response))
        // A URL may be a secret, and what a checkpoint remembers lies in the store.
        let url = SHA256Hasher.digest(of: Array(source.location.url.exposed.utf8)).hexadecimal
        identity = ["url", url, representation.validator ?? "", representation.size.map { String($0) } ?? ""]
            .joined(separator: "\n")
    }

    var size: Int64? { representation.size }

    func seek(to offset: Int64) async throws(StorageError) {
        await state.withLock { $0.response.take() }?.close()
        let isAtEnd = offset == representation.size
        state.withLock { $0 = State(isAtEnd: isAtEnd) }
        guard !isAtEnd, let validator = representation.validator else { return }
        var response = try await source.fetch(rest: offset > 0 ? (offset, validator) : nil)
        do throws(StorageError) {
            var rest = try rest(from: offset, in: response)
            if rest == .unnamed {
                await response.close()
                response = try await source.fetch()
                rest = try self.rest(from: offset, in: response)
                // Nobody asked for a part.
                guard rest == .whole else {
                    throw StorageError(
                        response.head, at: .source, server: response.url.server, now: source.locations.now)
                }
            }
            let (standing, skip) = (response, rest == .part ? 0 : offset)
            state.withLock { $0 = State(response: standing, skip: skip) }
        } catch {
            await response.close()
            throw error
        }
    }

    private func rest(
        from offset: Int64, in response: TransferResponse
    ) throws(StorageError) -> HTTPRepresentation.Rest {
        do throws(StorageError) {
            return try representation.rest(
                from: offset, in: response.head, server: response.url.server, now: source.locations.now)
        } catch {
            throw error.with("server", response.url.server)
        }
    }

    func next() async throws(StorageError) -> [UInt8]? {
        let (response, isAtEnd) = state.withLock { ($0.response, $0.isAtEnd) }
        if isAtEnd { return nil }
        guard let response else {
            throw StorageError(.unexpected, .permanent, "a source was read that could not be opened", at: .source)
        }
        while let chunk = try await response.chunk() {
            let wanted = state.withLock { state -> ArraySlice<UInt8> in
                let count = Int(min(state.skip, Int64(chunk.count)))
                state.skip -= Int64(count)
                return chunk.dropFirst(count)
            }
            if wanted.count == chunk.count { return chunk }
            if !wanted.isEmpty { return Array(wanted) }
            source.worked()
        }
        state.withLock { $0.isAtEnd = true }
        return nil
    }

    func close() async { await state.withLock { $0.response.take() }?.close() }
}
