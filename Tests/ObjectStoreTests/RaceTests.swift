import DriverConformance
import ServiceRuntime
import Storage
import StorageDrivers
import StowageContract
import TestSupport
import Testing

/// Writers of one key, on two workers, with different bytes: there is one winner, and its bytes are the archive.
@Suite("Writers of one key", .timeLimit(.minutes(5)))
struct RaceTests {
    /// How long what each of eight writers brings is.
    enum Length: String, CaseIterable {
        case small, parts, mixed

        func bytes(_ writer: Int) -> Int64 {
            switch self {
            case .small: 65_536
            case .parts: 6 << 20
            case .mixed: writer.isMultiple(of: 2) ? 65_536 : 6 << 20
            }
        }
    }

    @Test(
        "of eight one wins, and the others are refused",
        arguments: DriverHarness.Bucket.allCases, Length.allCases)
    func race(kind: DriverHarness.Bucket, length: Length) async throws {
        let account = try await RGWServer.shared().account
        let bucket = try await account.makeBucket(
            "race", versioned: kind != .plain, objectLock: kind == .locked)
        let workers = [
            try await account.storage(bucket) { $0.partSizeBytes = 5 << 20 },
            try await account.storage(bucket) { $0.partSizeBytes = 5 << 20 },
        ]
        for round in 0..<4 {
            let request = try StoreRequest.fresh("round \(round)")
            let outcomes = await withTaskGroup(of: Result<ArchiveHandle, StorageError>.self) { group in
                for writer in 0..<8 {
                    group.addTask {
                        let source = GeneratedSource(size: length.bytes(writer), seed: UInt64(writer + 1))
                        return await Self.deliver(request, source, to: workers[writer % 2])
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            let winners = outcomes.compactMap { try? $0.get() }
            #expect(winners.count == 1)
            for case .failure(let error) in outcomes { #expect(error.code == .conflict, "\(error)") }
            let winner = try #require(winners.first)
            let stored = try await account.object(request.keyText, in: bucket, version: winner.version)
            #expect(stored.sha256 == winner.sha256)
            #expect(try await workers[1].stat(.key(request.keyText)) == winner)
            let versions = try await versions(of: request.keyText, in: bucket, account)
            #expect((winner.version == nil) == (kind == .plain))
            if kind != .plain { #expect(versions.last == winner.version, "\(versions)") }
            #expect(versions.count == 1, "the others have gone: \(versions)")
        }
        _ = try await workers[0].sweep(olderThan: .zero)
        #expect(try await account.uploads(in: bucket) == [])
    }

    @Test("eight deliveries of one task all end with one archive", arguments: DriverHarness.Bucket.allCases)
    func deliveries(kind: DriverHarness.Bucket) async throws {
        let account = try await RGWServer.shared().account
        let bucket = try await account.makeBucket(
            "same", versioned: kind != .plain, objectLock: kind == .locked)
        let workers = [
            try await account.storage(bucket) { $0.partSizeBytes = 5 << 20 },
            try await account.storage(bucket) { $0.partSizeBytes = 5 << 20 },
        ]
        for size: Int64 in [65_536, 6 << 20] {
            let request = try StoreRequest.fresh()
            let bytes = GeneratedSource(size: size).bytes
            let outcomes = await withTaskGroup(of: Result<ArchiveHandle, StorageError>.self) { group in
                for writer in 0..<8 {
                    group.addTask { await Self.deliver(request, SeekableSource(bytes), to: workers[writer % 2]) }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            let handles = try outcomes.map { try $0.get() }
            #expect(handles.allSatisfy { $0 == handles.first }, "\(Set(handles.map { "\($0)" }))")
            let stored = try await account.object(request.keyText, in: bucket, version: handles.first?.version)
            #expect(stored.sha256 == handles.first?.sha256)
        }
        _ = try await workers[0].sweep(olderThan: .zero)
        #expect(try await account.uploads(in: bucket) == [])
    }

    /// As the broker would: again while the error may pass.
    private static func deliver(
        _ request: StoreRequest, _ source: any ArchiveSource, to storage: Storage
    ) async -> Result<ArchiveHandle, StorageError> {
        var request = request
        var last = StorageError.cancelled
        for _ in 1..<20 {
            do throws(StorageError) {
                return .success(try await storage.store(request, from: source).handle)
            } catch {
                last = error
                guard error.retry != .permanent else { break }
                request.mayHaveRunBefore = true
            }
        }
        return .failure(last)
    }

    /// From the newest to the oldest, by boto3.
    private func versions(of key: String, in bucket: String, _ account: S3Account) async throws -> [String] {
        try await account.python(
            """
            found = s3.list_object_versions(Bucket=arguments[0], Prefix=arguments[1]).get("Versions", [])
            show([version["VersionId"] for version in found if version["Key"] == arguments[1]])
            """, bucket, key, as: [String].self)
    }
}
