import Storage
import StowageContract
import TestSupport
import Testing

@Suite("How written bytes are proved", .timeLimit(.minutes(1)))
struct VerificationTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var policy: VerificationPolicy
        /// The digest that the store computes.
        var digest: String?
        /// What the driver says that it proved.
        var proof: Verification?
        /// What the driver is asked to do.
        var asked: VerificationPolicy
        var verified: Verification?
        var rereads: Bool

        var testDescription: String {
            "\(policy), store digest \(digest ?? "none"), driver proved \(proof.map(\.rawValue) ?? "nothing")"
        }
    }

    static let rows: [Row] = [
        Row(policy: .none, digest: nil, proof: nil, asked: .none, verified: nil, rereads: false),
        Row(policy: .none, digest: "md5", proof: .server, asked: .none, verified: .server, rereads: false),
        Row(policy: .size, digest: nil, proof: nil, asked: .size, verified: .size, rereads: false),
        Row(policy: .size, digest: nil, proof: .reread, asked: .size, verified: .reread, rereads: false),
        Row(policy: .server, digest: nil, proof: nil, asked: .reread, verified: .reread, rereads: true),
        Row(policy: .server, digest: nil, proof: .reread, asked: .reread, verified: .reread, rereads: false),
        Row(policy: .server, digest: "sha256", proof: .server, asked: .server, verified: .server, rereads: false),
        Row(policy: .server, digest: "sha256", proof: .size, asked: .server, verified: .reread, rereads: true),
        Row(policy: .server, digest: "sha256", proof: nil, asked: .server, verified: .reread, rereads: true),
        Row(policy: .reread, digest: "sha256", proof: .server, asked: .reread, verified: .reread, rereads: true),
        Row(policy: .reread, digest: nil, proof: .reread, asked: .reread, verified: .reread, rereads: false),
    ]

    @Test("follows from the policy, the store and the driver", arguments: rows)
    func policies(row: Row) async throws {
        let bench = try bench(row)
        let storage = bench.storage { $0.verify = row.policy }
        let receipt = try await storage.store(try StoreRequest.of(), from: BytesSource([1, 2, 3]))
        #expect(receipt.verified == row.verified)
        #expect(bench.script.state.value.lastPolicy == row.asked)
        #expect(bench.script.calls.contains(.read) == row.rereads)
    }

    @Test("a store that keeps other bytes is found out wherever it is read back", arguments: rows)
    func damage(row: Row) async throws {
        let bench = try bench(row)
        bench.script.state.change { $0.damage = [1, 2, 4] }
        let storage = bench.storage { $0.verify = row.policy }
        do {
            _ = try await storage.store(try StoreRequest.of(), from: BytesSource([1, 2, 3]))
            #expect(!row.rereads)
        } catch let error as StorageError {
            #expect(row.rereads)
            #expect(error.code == .integrityMismatch)
            #expect(error.place == .driver)
            #expect(error.retry == .transient(after: nil))
            #expect(error.context["expected"] == sha256([1, 2, 3]))
            #expect(error.context["actual"] == sha256([1, 2, 4]))
        }
    }

    @Test("a store that keeps another number of bytes is found out by every policy but none", arguments: rows)
    func truncation(row: Row) async throws {
        let bench = try bench(row)
        bench.script.state.change { $0.damage = [1, 2] }
        let storage = bench.storage { $0.verify = row.policy }
        do {
            _ = try await storage.store(try StoreRequest.of(), from: BytesSource([1, 2, 3]))
            #expect(row.policy == .none)
        } catch let error as StorageError {
            #expect(row.policy != .none)
            #expect(error.code == .integrityMismatch)
        }
    }

    @Test("an archive that an earlier delivery committed is proved again, whatever its driver said then")
    func again() async throws {
        let bench = try StorageBench()
        bench.script.state.change { $0.proof = .reread }
        let storage = bench.storage()
        _ = try await storage.store(try StoreRequest.of(), from: BytesSource([1, 2, 3]))
        bench.script.state.change { $0.archives[ArchiveKey(trusted: "t1/a.bin")]?.bytes = [1, 2, 4] }
        let request = try StoreRequest.of { $0.mayHaveRunBefore = true }
        let error = try await failure {
            try await storage.store(request, from: BytesSource([1, 2, 3]))
        }
        #expect(error.code == .integrityMismatch)
        #expect(error.place == .driver)
        #expect(!bench.script.calls.contains(.persist))
    }

    private func bench(_ row: Row) throws -> StorageBench {
        let bench = try StorageBench()
        bench.script.state.change {
            $0.capabilities.serverDigest = row.digest
            $0.proof = row.proof
        }
        return bench
    }
}
