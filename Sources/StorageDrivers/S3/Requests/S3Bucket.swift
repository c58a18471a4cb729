import Cryptography
import Storage
import StowageContract
import Transfer
import XML

/// The requests that one bucket is asked, each as a call.
struct S3Bucket: Sendable {
    let client: S3Client
    let encryption: S3Configuration.Encryption?

    /// What an object, or one version of it, is; `nil`: there is none.
    func head(_ key: String, version: String? = nil) async throws(StorageError) -> S3Object? {
        do throws(StorageError) {
            let answer = try await client.send(S3Call("HEAD", key, Self.version(version), headers: keyHeaders))
            return try S3Object(answer.headers)
        } catch {
            // The marker of a deletion answers 405 where its version is asked for.
            if error.code == .notFound || error.context["status"] == "405" { return nil }
            throw error
        }
    }

    /// A small object as a whole; `nil`: there is none.
    func get(_ key: String, version: String? = nil) async throws(StorageError) -> (object: S3Object, bytes: [UInt8])? {
        do throws(StorageError) {
            let answer = try await client.send(S3Call("GET", key, Self.version(version), headers: keyHeaders))
            return (try S3Object(answer.headers), answer.bytes)
        } catch {
            if error.code == .notFound { return nil }
            throw error
        }
    }

    /// Puts a small object there; `onlyIfAbsent` as far as the store cares.
    @discardableResult
    func put(
        _ key: String, _ bytes: [UInt8], headers: TransferHeaders = [], onlyIfAbsent: Bool = false
    ) async throws(StorageError) -> S3Answer {
        var headers = headers
        if onlyIfAbsent { headers.add("If-None-Match", "*") }
        encryption?.addCreating(to: &headers)
        return try await client.send(
            S3Call.document("PUT", key, [], bytes, headers: headers, mediaType: "application/json"))
    }

    /// Removes an object, or one version of it; absent is no error.
    func delete(_ key: String, version: String? = nil) async throws(StorageError) {
        do throws(StorageError) {
            try await client.send(S3Call("DELETE", key, Self.version(version)))
        } catch {
            if error.code != .notFound { throw error }
        }
    }

    /// Objects whose keys begin with `prefix`, as keys only where `delimiter` does not end them earlier.
    func objects(
        _ prefix: String, after: String? = nil, token: String? = nil, delimiter: String? = nil, limit: Int = 1000
    ) async throws(StorageError) -> S3Page {
        var query = [
            S3Query("list-type", "2"), S3Query("prefix", prefix), S3Query("max-keys", String(limit)),
            S3Query("encoding-type", "url"),
        ]
        if let after { query.append(S3Query("start-after", after)) }
        if let token { query.append(S3Query("continuation-token", token)) }
        if let delimiter { query.append(S3Query("delimiter", delimiter)) }
        return try S3Page(objects: try await client.send(S3Call("GET", nil, query)).document())
    }

    /// All versions of objects whose keys begin with `prefix`.
    func versions(
        _ prefix: String, from marker: (key: String, version: String?)? = nil, delimiter: String? = nil,
        limit: Int = 1000
    ) async throws(StorageError) -> S3Page {
        var query = [
            S3Query("versions"), S3Query("prefix", prefix), S3Query("max-keys", String(limit)),
            S3Query("encoding-type", "url"),
        ]
        if let marker {
            query.append(S3Query("key-marker", marker.key))
            if let version = marker.version { query.append(S3Query("version-id-marker", version)) }
        }
        if let delimiter { query.append(S3Query("delimiter", delimiter)) }
        return try S3Page(versions: try await client.send(S3Call("GET", nil, query)).document())
    }

    /// The headers that the bytes of an object need to be read.
    var keyHeaders: TransferHeaders {
        var headers: TransferHeaders = []
        encryption?.addKey(to: &headers)
        return headers
    }

    static func version(_ version: String?) -> [S3Query] {
        version.map { [S3Query("versionId", $0)] } ?? []
    }
}
