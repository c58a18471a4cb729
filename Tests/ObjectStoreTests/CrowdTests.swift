import DriverConformance
import ServiceRuntime
import Storage
import StorageDrivers
import StowageContract
import StrictCoding
import TestSupport
import Testing

/// Many tasks whose folders lie close together, stored at once: few listings serve all, and each is told of its own.
@Suite("Many stores at once", .timeLimit(.minutes(3)))
struct CrowdTests {
    /// What stands in a task's folder before.
    private enum Past: CaseIterable {
        case nothing, same, deleted, otherName, claim
    }

    @Test("are each refused or taken as if they were alone", arguments: DriverHarness.Bucket.allCases)
    func crowd(kind: DriverHarness.Bucket) async throws {
        let account = try await RGWServer.shared().account
        let bucket = try await account.makeBucket("crowd", versioned: kind != .plain, objectLock: kind == .locked)
        let proxy = try FaultProxy(to: account.endpoint)
        var settings = DriverSettings()
        settings.concurrency = 40
        let storage = try await account.by(proxy.endpoint).storage(bucket, settings: settings) { _ in }
        let first = String(UInt64.random(in: 0 ... .max), radix: 16)
        let tasks = try (0..<40).map { number in
            let id = try #require(TaskID("t-\(first)-\(number)"))
            let past = Past.allCases[number % Past.allCases.count]
            return (request: StoreRequest(taskID: id, name: "a.bin"), past: past, seed: UInt64(number))
        }
        for task in tasks { try await prepare(task.request, task.past, seed: task.seed, storage, bucket, account) }
        let before = proxy.requests.value.count
        let outcomes = await withTaskGroup(of: (Int, Result<StoreReceipt, StorageError>).self) { group in
            for (index, task) in tasks.enumerated() {
                group.addTask {
                    do throws(StorageError) {
                        let source = GeneratedSource(size: 1000, seed: task.seed)
                        return (index, .success(try await storage.store(task.request, from: source)))
                    } catch {
                        return (index, .failure(error))
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        for (index, outcome) in outcomes {
            let task = tasks[index]
            switch (task.past, outcome) {
            case (.nothing, .success(let receipt)): #expect(!receipt.alreadyPresent)
            case (.same, .success(let receipt)): #expect(receipt.alreadyPresent)
            case (.deleted, .failure(let error)), (.otherName, .failure(let error)):
                #expect(error.code == .conflict && error.retry == .permanent, "\(error)")
            // Where completions replace: whoever claims the key may be about to complete.
            case (.claim, .failure(let error)): #expect(kind == .plain && error.code == .unavailable, "\(error)")
            case (.claim, .success): #expect(kind != .plain)
            default: Issue.record("\(task.past): \(outcome)")
            }
        }
        let stored = Set(try await account.keys(in: bucket))
        for task in tasks {
            #expect(stored.contains(task.request.keyText) == (task.past != .deleted && task.past != .otherName))
        }
        let listings = proxy.requests.value.dropFirst(before).filter {
            [.listObjects, .listVersions].contains($0.operation)
        }
        // Instead of 80; in versioned buckets what stands is found by listings of its own.
        #expect(listings.count < (kind == .plain ? 40 : 80), "\(listings.count) listings")
    }

    private func prepare(
        _ request: StoreRequest, _ past: Past, seed: UInt64, _ storage: Storage, _ bucket: String, _ account: S3Account
    ) async throws {
        let source = GeneratedSource(size: 1000, seed: seed)
        switch past {
        case .nothing: break
        case .same: _ = try await storage.store(request, from: source)
        case .deleted:
            _ = try await storage.store(request, from: source)
            #expect(try await storage.delete(.key(request.keyText), taskID: StoreRequest.fresh().taskID))
        case .otherName:
            var other = request
            other.name = "b.bin"
            _ = try await storage.store(other, from: source)
        case .claim:
            // The manifest of somebody who sends other bytes in parts.
            let manifest = Manifest(
                taskID: request.taskID, name: request.name, size: 1, sha256: String(repeating: "0", count: 64),
                storedAt: Timestamp(millisecondsSinceEpoch: 0), request: JSONObject(unique: []), fingerprint: "another")
            try await account.python(
                "s3.put_object(Bucket=arguments[0], Key=arguments[1], Body=arguments[2].encode())", bucket,
                request.taskID.text + "/.stowage.json",
                String(decoding: manifest.bytes, as: UTF8.self))
        }
    }
}
