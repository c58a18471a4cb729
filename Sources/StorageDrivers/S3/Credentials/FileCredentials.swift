import Glibc
import ServiceRuntime
import Sharing
import Storage
import StowageContract

/// Those of one profile in a shared credentials file; read again when the file changes, and when the store refuses them.
final class FileCredentials: S3CredentialSource {
    /// The largest file.
    static let fileLimit = 1 << 20
    /// How often a call looks whether the file has changed.
    static let lookMilliseconds: Int64 = 5_000

    /// What stands in the file, and what tells it from what stood there before.
    private struct Content {
        var credentials: S3Credentials
        var identity: Identity
    }

    private struct Identity: Equatable {
        var device: UInt
        var inode: UInt
        var size: Int
        var seconds: Int
        var nanoseconds: Int
    }

    private struct State {
        var content: Content?
        var lookAgainAt: Timestamp?
    }

    private let path: String
    private let profile: String
    private let blocking: BlockingPool
    private let now: @Sendable () -> Timestamp
    private let state = Guarded(State())

    init(path: String, profile: String = "default", blocking: BlockingPool, now: @escaping @Sendable () -> Timestamp) {
        self.path = path
        self.profile = profile
        self.blocking = blocking
        self.now = now
    }

    /// The last ones that could be read, while the file cannot; unless the store has refused them.
    func credentials() async throws(StorageError) -> S3Credentials {
        let time = now()
        let (content, lookAgainAt) = state.withLock { ($0.content, $0.lookAgainAt) }
        if let content, let lookAgainAt, time < lookAgainAt { return content.credentials }
        let (path, profile) = (path, profile)
        let read: Content
        do throws(StorageError) {
            read = try await blocking.look(orIfCancelled: .cancelled) { () throws(StorageError) in
                try Self.read(path, profile, unlessStill: content)
            }
        } catch {
            guard error.code != .cancelled, let content else { throw error }
            read = content
        }
        state.withLock { state in
            state.content = read
            state.lookAgainAt = time.adding(milliseconds: Self.lookMilliseconds)
        }
        return read.credentials
    }

    func renew(after refused: S3Credentials) async {
        state.withLock { state in
            guard state.content?.credentials == refused else { return }
            state = State()
        }
    }

    private static func read(
        _ path: String, _ profile: String, unlessStill known: Content?
    ) throws(StorageError) -> Content {
        let identity = try identity(of: path)
        if let known, known.identity == identity { return known }
        let bytes: [UInt8]
        do throws(SmallFile.Failure) {
            bytes = try SmallFile.bytes(of: path, limit: fileLimit)
        } catch {
            throw failure("the credentials file \(error.message)", path)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw failure("the credentials file is no UTF-8 text", path)
        }
        guard let credentials = CredentialsFile.credentials(in: text, profile: profile) else {
            throw failure("the credentials file has no access key and secret key for the profile", path)
                .with("profile", profile)
        }
        return Content(credentials: credentials, identity: identity)
    }

    private static func identity(of path: String) throws(StorageError) -> Identity {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw failure(
                errno == ENOENT || errno == ENOTDIR
                    ? "the credentials file does not exist" : "the credentials file cannot be looked at", path)
        }
        return Identity(
            device: status.st_dev, inode: status.st_ino, size: status.st_size, seconds: status.st_mtim.tv_sec,
            nanoseconds: status.st_mtim.tv_nsec)
    }

    /// Transient: somebody can put the file right while we run.
    private static func failure(_ message: String, _ path: String) -> StorageError {
        StorageError(.unauthenticated, .transient(after: nil), message, context: ["file": path])
    }
}

extension Timestamp {
    func adding(milliseconds: Int64) -> Timestamp {
        let (sum, isTooLarge) = millisecondsSinceEpoch.addingReportingOverflow(milliseconds)
        return Timestamp(millisecondsSinceEpoch: isTooLarge ? .max : sum)
    }
}
