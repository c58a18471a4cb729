import Cryptography
import ServiceRuntime
import StowageContract
import StrictCoding

extension FileServerStorageDriver {
    /// Archives that may be longer are looked for before their bytes are sent.
    private static var smallBytes: Int64 { 1 << 20 }

    package func write(
        _ request: WriteRequest, from body: any ArchiveBody
    ) async throws(StorageError) -> WriteReceipt {
        try await refuseEarly(request)
        let path = FileServerNames.staged()
        do throws(StorageError) {
            let told = try await send(path, at: 0, size: request.size, from: body, asking: question(request))
            let manifest = try request.seal()
            let verified = try await prove(path, manifest, request, told)
            CrashPoint.reach(.afterTemporaryWrite)
            return try await commit(path, manifest, request, verified)
        } catch {
            // Where nobody knows whether the archive stands, it may still be about to be moved there.
            if !error.isAmbiguous { await server.discard([path]) }
            throw error
        }
    }

    /// What is too late, or has its key taken, is not worth sending.
    func refuseEarly(_ request: WriteRequest) async throws(StorageError) {
        try await server.requireNames(in: request.key.text)
        if let size = request.size, size <= Self.smallBytes { return }
        if let folder = try await look(request.key) { try await admit(request, folder) }
    }

    /// What of a small archive is asked along with it: the digest of a long one takes time in which something has to move.
    private func question(_ request: WriteRequest) -> FileServerQuestion {
        let isSmall = request.size.map { $0 <= Self.smallBytes } ?? false
        return isSmall && request.verify == .server && server.facts.digests ? .sha256 : .size
    }

    /// Uploads into the staging folder, which somebody may have tidied away.
    @discardableResult
    func send(
        _ path: String, at offset: Int64, size: Int64?, from body: any ArchiveBody,
        asking question: FileServerQuestion = .size
    ) async throws(StorageError) -> FileServerAnswer {
        do throws(StorageError) {
            return try await server.upload(path, at: offset, size: size, from: body, asking: question)
        } catch {
            guard error.code == .notFound, error.place == .driver, offset == 0 else { throw error }
            try await server.makeFolders(FileServerNames.staging)
            throw StorageError(.unavailable, .transient(after: nil), "the staging folder was gone, and was made again")
        }
    }

    /// Compares what the server keeps with what was sent; `told` is what it has said of it already.
    ///
    /// - Returns: how; `nil`: only their number.
    /// - Throws: `.integrityMismatch` where it is something else.
    func prove(
        _ path: String, _ manifest: Manifest, _ request: WriteRequest, _ told: FileServerAnswer,
        mustProve: Bool = false
    ) async throws(StorageError) -> Verification? {
        do throws(StorageError) {
            return try await compare(path, manifest, request, told, mustProve: mustProve)
        } catch {
            guard error.code == .notFound, error.place == .driver else { throw error }
            throw StorageError(.unavailable, .transient(after: nil), "something that was staged has gone")
        }
    }

    private func compare(
        _ path: String, _ manifest: Manifest, _ request: WriteRequest, _ told: FileServerAnswer, mustProve: Bool
    ) async throws(StorageError) -> Verification? {
        let policy = request.verify
        let actual: String
        let verified: Verification
        if server.facts.digests, policy == .server || mustProve && policy != .reread {
            if case .sha256(let digest) = told {
                actual = digest
            } else {
                actual = try await digest(path, manifest, request)
            }
            verified = .server
        } else {
            try await server.checkSize(of: path, manifest.size, told)
            guard mustProve || policy == .server || policy == .reread else { return nil }
            actual = try await reread(path, request)
            verified = .reread
        }
        try StorageError.checkCancellation()
        guard actual.hasSameBytes(as: manifest.sha256) else {
            throw StorageError(
                .integrityMismatch, .transient(after: nil), "the server gives back other bytes than it took",
                context: ["expected": manifest.sha256, "actual": actual])
        }
        return verified
    }

    /// The server's digest; while it reads, something moves, for as long as a slow disk may need.
    private func digest(
        _ path: String, _ manifest: Manifest, _ request: WriteRequest
    ) async throws(StorageError) -> String {
        let (server, time) = (server, time)
        let mostSeconds = 60 + manifest.size / (20 << 20)
        let result = await withTaskGroup(of: Result<String, StorageError>?.self) { group in
            group.addTask {
                await Result { () async throws(StorageError) in try await server.sha256(path) }
            }
            group.addTask {
                for _ in 0..<(mostSeconds / 5) {
                    guard (try? await time.sleep(.seconds(5))) != nil else { break }
                    request.worked()
                }
                return nil
            }
            var result: Result<String, StorageError>?
            while result == nil, let next = await group.next() { result = next }
            group.cancelAll()
            return result
        }
        guard let result else { throw StorageError.cancelled }
        return try result.get()
    }

    private func reread(_ path: String, _ request: WriteRequest) async throws(StorageError) -> String {
        let body = try await server.read(path, range: nil)
        do throws(StorageError) {
            var hasher = SHA256Hasher()
            while let chunk = try await body.next() {
                try StorageError.checkCancellation()
                hasher.update(chunk)
                request.worked()
            }
            await body.close()
            return hasher.finalize().hexadecimal
        } catch {
            await body.close()
            throw error
        }
    }
}

extension Result where Failure == StorageError {
    fileprivate init(_ body: () async throws(StorageError) -> Success) async {
        do throws(StorageError) {
            self = .success(try await body())
        } catch {
            self = .failure(error)
        }
    }
}
