import Storage
import StowageContract
import Transfer
import XML

extension S3Bucket {
    /// Begins an upload in parts; returns its id.
    func begin(_ key: String, headers: TransferHeaders) async throws(StorageError) -> String {
        var headers = headers
        encryption?.addCreating(to: &headers)
        let answer = try await client.send(S3Call("POST", key, [S3Query("uploads")], headers: headers))
        guard let id = try answer.document()["UploadId"]?.text, !id.isEmpty else {
            throw S3Page.unreadable("an upload without an id")
        }
        return id
    }

    /// Sends one part; returns the head of the answer.
    func send(
        _ number: Int, of upload: S3Upload, headers: TransferHeaders, _ body: S3Call.Body,
        trailer: TrailingChecksum? = nil, _ worked: (@Sendable () -> Void)? = nil
    ) async throws(StorageError) -> TransferHeaders {
        var headers = headers
        encryption?.addKey(to: &headers)
        let query = [S3Query("partNumber", String(number)), S3Query("uploadId", upload.id)]
        var call = S3Call("PUT", upload.key, query, headers: headers, body: body)
        call.trailer = trailer
        call.worked = worked
        return try await client.send(call).headers
    }

    /// Makes an object of the parts; returns its entity tag and its version.
    func complete(
        _ upload: S3Upload, _ parts: [S3SentPart], onlyIfAbsent: Bool
    ) async throws(StorageError) -> (etag: String?, version: String?) {
        let document = try S3Document.make("CompleteMultipartUpload") { writer throws(XMLError) in
            for part in parts {
                try writer.element("Part") { writer throws(XMLError) in
                    try writer.element("PartNumber", String(part.number))
                    try writer.element("ETag", "\"" + part.etag + "\"")
                    if let checksum = part.checksum { try writer.element(checksum.element, checksum.value) }
                }
            }
        }
        var headers: TransferHeaders = []
        if onlyIfAbsent { headers.add("If-None-Match", "*") }
        encryption?.addKey(to: &headers)
        let call = S3Call.document("POST", upload.key, [S3Query("uploadId", upload.id)], document, headers: headers)
        let answer = try await client.send(call)
        let root = try await StorageError.afterEffect { () async throws(StorageError) in
            let root = try answer.document()
            guard root.name == "CompleteMultipartUploadResult" else {
                throw S3Page.unreadable("the end of an upload is none")
            }
            return root
        }
        return (
            root["ETag"].map { S3Object.bareTag($0.text) }, S3Object.realVersion(answer.headers["x-amz-version-id"])
        )
    }

    /// Gives an upload up; one that is gone is no error.
    func abort(_ upload: S3Upload) async throws(StorageError) {
        do throws(StorageError) {
            try await client.send(S3Call("DELETE", upload.key, [S3Query("uploadId", upload.id)]))
        } catch {
            if error.code != .notFound, !error.saysUploadIsGone { throw error }
        }
    }

    /// Uploads for keys that begin with `prefix`, from the first.
    func uploads(_ prefix: String) async throws(StorageError) -> [S3Upload] {
        var uploads: [S3Upload] = []
        var marker: (key: String, id: String)?
        while true {
            var query = [S3Query("uploads"), S3Query("prefix", prefix), S3Query("encoding-type", "url")]
            if let marker {
                query += [S3Query("key-marker", marker.key), S3Query("upload-id-marker", marker.id)]
            }
            let root = try await client.send(S3Call("GET", nil, query)).document()
            for element in root.all("Upload") {
                guard let key = element["Key"]?.text, let id = element["UploadId"]?.text,
                    let initiated = element["Initiated"].flatMap({ Timestamp($0.text) })
                else { throw S3Page.unreadable("an upload without key, id or time") }
                uploads.append(S3Upload(key: try S3Page.decoded(key), id: id, initiated: initiated))
            }
            guard root["IsTruncated"]?.text == "true", let key = root["NextKeyMarker"]?.text,
                let id = root["NextUploadIdMarker"]?.text
            else { return uploads }
            marker = (try S3Page.decoded(key), id)
        }
    }

    /// The parts that the store has of an upload, in their order; `nil`: there is no such upload.
    func parts(of upload: S3Upload) async throws(StorageError) -> [S3StoredPart]? {
        var parts: [S3StoredPart] = []
        var marker: String?
        while true {
            var query = [S3Query("uploadId", upload.id)]
            if let marker { query.append(S3Query("part-number-marker", marker)) }
            let root: XMLElement
            do throws(StorageError) {
                root = try await client.send(S3Call("GET", upload.key, query, headers: keyHeaders)).document()
            } catch {
                if error.code == .notFound || error.saysUploadIsGone { return nil }
                throw error
            }
            for element in root.all("Part") {
                guard let number = element["PartNumber"].flatMap({ Int($0.text) }),
                    let size = element["Size"].flatMap({ Int64($0.text) }), let etag = element["ETag"]?.text
                else { throw S3Page.unreadable("a part without number, size or tag") }
                let checksum = TrailingChecksum.allCases.lazy.map(\.element)
                    .compactMap { name in element[name].map { (element: name, value: $0.text) } }.first
                parts.append(
                    S3StoredPart(number: number, size: size, etag: S3Object.bareTag(etag), checksum: checksum))
            }
            guard root["IsTruncated"]?.text == "true", let next = root["NextPartNumberMarker"]?.text else {
                return parts.sorted { $0.number < $1.number }
            }
            marker = next
        }
    }
}

extension StorageError {
    /// Whether the store does not know the upload that it was asked about.
    var saysUploadIsGone: Bool { ["NoSuchUpload", "NoSuchKey"].contains(context["serverCode"]) }
}
