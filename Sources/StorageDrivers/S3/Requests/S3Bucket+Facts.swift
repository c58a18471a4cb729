import Storage
import StowageContract
import StrictCoding
import Transfer
import XML

extension S3Bucket {
    /// Whether the bucket is there and ours to use.
    func probe() async throws(StorageError) {
        _ = try await usage()
    }

    /// How much there is in the bucket, where the store tells (Ceph: `x-rgw-bytes-used`, `x-rgw-quota-bucket-size`).
    func usage() async throws(StorageError) -> StoreCapacity? {
        do throws(StorageError) {
            let headers = try await client.send(S3Call("HEAD", nil)).headers
            guard let used = headers["x-rgw-bytes-used"].flatMap({ Int64($0) }) else { return nil }
            let quotas = ["x-rgw-quota-bucket-size", "x-rgw-quota-user-size"]
            let total = quotas.compactMap { headers[$0].flatMap { Int64($0) } }.filter { $0 >= 0 }.min()
            return StoreCapacity(
                totalBytes: total, usedBytes: used, freeBytes: total.map { max(0, $0 - used) })
        } catch {
            if error.code == .notFound {
                var error = error
                error.code = .unavailable
                error.retry = .transient(after: nil)
                error.message = "the bucket is not there"
                throw error
            }
            throw error
        }
    }

    func isVersioned() async throws(StorageError) -> Bool {
        try await client.send(S3Call("GET", nil, [S3Query("versioning")])).document()["Status"]?.text == "Enabled"
    }

    func locks() async throws(StorageError) -> Bool {
        let root = try await client.send(S3Call("GET", nil, [S3Query("object-lock")])).document()
        return root["ObjectLockEnabled"]?.text == "Enabled"
    }

    /// All versions of one object, markers of deletions left out, from the newest to the oldest.
    func allVersions(of key: String) async throws(StorageError) -> [S3Entry] {
        var versions: [S3Entry] = []
        var marker: (key: String, version: String?)?
        while true {
            let page = try await self.versions(key, from: marker)
            versions += page.entries.filter { $0.key.hasSameBytes(as: key) && !$0.isMarker }
            // Keys come in byte order: behind the first other one there are no more of this one.
            guard case .marker(let next, let version) = page.next, next.hasSameBytes(as: key) else { return versions }
            marker = (next, version)
        }
    }
}
