import DriverConformance
import Storage
import StowageContract
import Testing

extension StoreRequest {
    /// A store of an archive under an id that no other test has.
    static func fresh(_ name: String = "a.bin") throws -> StoreRequest {
        StoreRequest(
            taskID: try #require(TaskID("t-" + String(UInt64.random(in: 0 ... .max), radix: 16))), name: name)
    }

    /// The same in a later delivery.
    var again: StoreRequest {
        var request = self
        request.mayHaveRunBefore = true
        return request
    }

    /// Where the archive lies in a driver without a prefix.
    var keyText: String { (path.map { $0 + "/" } ?? "") + taskID.text + "/" + name }
}

extension Storage {
    /// Reads an archive, or a part of it, to its end.
    func bytes(_ key: String, _ range: ByteRange? = nil) async throws(StorageError) -> [UInt8] {
        try await withArchive(.key(key), range: range) { (body, _) async throws(StorageError) in
            var bytes: [UInt8] = []
            while let chunk = try await body.next() { bytes += chunk }
            return bytes
        }
    }
}
