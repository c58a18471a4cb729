import Cryptography
import ServiceRuntime
import Storage
import StowageContract
import Testing

/// One promise of the seam `FileServer`, asked of a connected server with an empty folder of its own.
///
/// The suite of drivers asks for what follows from these; here is what it would not notice.
struct FileServerPromise: Sendable, CustomTestStringConvertible {
    let promise: String
    private let body: @Sendable (any FileServer) async throws -> Void

    init(_ promise: String, _ body: @escaping @Sendable (any FileServer) async throws -> Void) {
        self.promise = promise
        self.body = body
    }

    var testDescription: String { promise }

    /// Has the server keep it; what it does not keep is recorded as an issue.
    func run(_ server: any FileServer) async throws { try await body(server) }

    static var all: [FileServerPromise] { folders + files + names }
}

extension FileServer {
    /// A file of these bytes.
    func put(_ path: String, _ bytes: [UInt8], at offset: Int64 = 0) async throws(StorageError) {
        try await upload(path, at: offset, size: Int64(bytes.count), from: BytesBody(bytes))
    }

    /// All bytes of a file, or a part of them.
    func get(_ path: String, _ range: Range<Int64>? = nil) async throws(StorageError) -> [UInt8] {
        let body = try await read(path, range: range)
        var bytes: [UInt8] = []
        do throws(StorageError) {
            while let chunk = try await body.next() { bytes += chunk }
        } catch {
            await body.close()
            throw error
        }
        await body.close()
        return bytes
    }
}

extension FileServerPromise {
    /// The code of the error that a call ends with; `nil`: it ended well.
    static func code(_ body: () async throws(StorageError) -> Void) async -> ErrorCode? {
        do throws(StorageError) {
            try await body()
            return nil
        } catch {
            return error.code
        }
    }
}
