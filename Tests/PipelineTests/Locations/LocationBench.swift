import ServiceRuntime
import Storage
import StowageContract
import TestSupport
import Testing

@testable import Pipeline

extension Locations {
    /// Those that may reach `hosts`.
    convenience init(
        allowing hosts: String..., credentials: [String: LocationCredentials] = [:]
    ) throws {
        self.init(
            LocationPolicy(
                hosts: HostAllowList(try hosts.map { try HostAllowList.Entry.read($0).get() }),
                credentials: credentials))
    }

    /// A source as a task names it.
    func source(
        _ url: String, headers: [String: String] = [:], credentials: String? = nil, isProved: Bool = false,
        limit: Duration = .seconds(20)
    ) throws(StorageError) -> any ArchiveSource {
        try source(
            TaskURL(url: url, headers: headers, credentials: credentials), isProved: isProved, limit: limit, meter: nil)
    }

    /// The bytes of a source, from the start or from anywhere.
    func read(_ source: any ArchiveSource, from offset: Int64? = nil) async throws(StorageError) -> String {
        let body = try await source.open()
        do throws(StorageError) {
            if let offset {
                guard let body = body as? any SeekableBody else {
                    throw StorageError(.unsupported, .permanent, "the body is not seekable")
                }
                try await body.seek(to: offset)
            }
            var bytes: [UInt8] = []
            while let chunk = try await body.next() { bytes += chunk }
            guard try await body.next() == nil else { throw StorageError(.unexpected, .permanent, "more") }
            await body.close()
            return String(decoding: bytes, as: UTF8.self)
        } catch {
            await body.close()
            throw error
        }
    }

    func read(_ url: String) async throws(StorageError) -> String { try await read(try source(url)) }
}

/// The error that `body` ends with.
func storageFailure<Value>(
    _ place: SourceLocation = #_sourceLocation, _ body: () async throws -> Value
) async throws -> StorageError {
    do {
        let value = try await body()
        Issue.record("no failure, but \(value)", sourceLocation: place)
    } catch let error as StorageError {
        return error
    }
    throw UnexpectedTurn("a failure was expected")
}
