/// What a fault proxy has seen of one request.
package struct ProxiedRequest: Sendable {
    /// From 0, in the order in which the heads came.
    package var number: Int
    /// From 0, in the order in which the connections were made.
    package var connection: Int
    package var method: String
    /// As it came, percent-encoded, without what follows a question mark.
    package var path: String
    /// The parameters by name, as they came, percent-encoded; empty where there is no "=".
    package var query: [String: String]
    /// By names in small letters; of several with one name the last.
    package var headers: [String: String]
    /// How much of its body has come from the client, with the framing of chunks.
    package var bodyBytes = 0
    /// How much of its body was passed on to the store.
    package var forwardedBytes = 0
    /// What the store has answered.
    package var storeStatus: Int?
    /// What the client got, once the answer began.
    package var status: Int?
    /// Whether it was treated otherwise than to be passed on.
    package var fault: Fault?
    /// Nothing more happens to it.
    package var isOver = false

    /// Reads the head of a request; `nil`: it is none.
    init?(head: String, number: Int, connection: Int) {
        let lines = head.split(separator: "\r\n")
        let parts = lines.first?.split(separator: " ") ?? []
        guard parts.count == 3, parts[2].hasPrefix("HTTP/1.") else { return nil }
        self.number = number
        self.connection = connection
        method = String(parts[0])
        let target = parts[1].split(separator: "?", maxSplits: 1)
        path = target.first.map { String($0) } ?? "/"
        query = (target.count == 2 ? target[1].split(separator: "&") : []).reduce(into: [:]) { query, parameter in
            let pair = parameter.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            query[String(pair[0])] = pair.count == 2 ? String(pair[1]) : ""
        }
        headers = Self.headers(of: lines.dropFirst())
    }

    static func headers(of lines: some Sequence<Substring>) -> [String: String] {
        lines.reduce(into: [:]) { headers, line in
            guard let colon = line.firstIndex(of: ":") else { return }
            headers[line[..<colon].lowercased()] =
                String(line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" })
        }
    }

    /// What S3 calls it.
    package var operation: S3Operation {
        switch method {
        case "HEAD": isOfBucket ? .headBucket : .headObject
        case "GET":
            if query["uploadId"] != nil {
                .listParts
            } else if query["uploads"] != nil {
                .listUploads
            } else if query["versions"] != nil {
                .listVersions
            } else if isOfBucket {
                query["list-type"] != nil ? .listObjects : .other
            } else {
                isOfSubresource ? .other : .getObject
            }
        case "PUT":
            if query["partNumber"] != nil {
                headers["x-amz-copy-source"] == nil ? .uploadPart : .copyPart
            } else if isOfBucket || isOfSubresource {
                .other
            } else {
                headers["x-amz-copy-source"] == nil ? .putObject : .copyObject
            }
        case "POST":
            query["uploads"] != nil ? .createUpload : query["uploadId"] != nil ? .completeUpload : .other
        case "DELETE":
            query["uploadId"] != nil ? .abortUpload : isOfBucket || isOfSubresource ? .other : .deleteObject
        default: .other
        }
    }

    /// In path style: no key after the bucket's name.
    private var isOfBucket: Bool { path.split(separator: "/").count < 2 }

    private var isOfSubresource: Bool {
        ["acl", "tagging", "retention", "legal-hold", "attributes", "versioning", "object-lock", "restore"]
            .contains { query[$0] != nil }
    }
}

/// The requests that tests tell apart.
package enum S3Operation: Sendable {
    case putObject, getObject, headObject, deleteObject, copyObject
    case createUpload, uploadPart, copyPart, completeUpload, abortUpload, listParts, listUploads
    case listObjects, listVersions, headBucket
    case other
}
