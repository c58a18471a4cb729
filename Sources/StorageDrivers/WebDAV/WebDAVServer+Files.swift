package import Storage
import StowageContract
import Transfer

extension WebDAVServer {
    /// What is pulled of a body before anything is sent: files of up to this size go at once, with their size.
    private static let firstBytes = 256 << 10

    package func upload(
        _ path: String, at offset: Int64, size: Int64?, from body: any ArchiveBody
    ) async throws(StorageError) {
        guard offset == 0 else {
            throw StorageError(.unsupported, .permanent, "an upload by WebDAV begins at the start")
        }
        try checkLength(of: path)
        var first: [UInt8] = []
        var isWhole = false
        while first.count < Self.firstBytes, !isWhole {
            if let chunk = try await body.next() { first += chunk } else { isWhole = true }
        }
        if let size, isWhole ? Int64(first.count) != size : Int64(first.count) > size {
            throw StorageError.sourceSize
        }
        let call = WebDAVCall(
            "PUT", address.target(path), headers: [("Content-Type", "application/octet-stream")],
            body: isWhole ? .bytes(first) : .stream(ReplayedBody(first, then: body), size: size))
        files.remove(path)
        let answer = try await client.send(call)
        guard [200, 201, 204].contains(answer.status) else {
            try await expectFolder(above: path, unless: answer)
            throw error(answer, call)
        }
        files.insert(path)
    }

    package func read(_ path: String, range: Range<Int64>?) async throws(StorageError) -> any ArchiveBody {
        var call = WebDAVCall("GET", address.target(path))
        if let range {
            if range.isEmpty {
                guard try await status(path)?.isFolder == false else { throw Self.noFile }
                return BytesBody([])
            }
            call.headers.add("Range", "bytes=\(range.lowerBound)-\(range.upperBound - 1)")
        }
        let response = try await client.open(call, over: .reads)
        do throws(StorageError) {
            return try await self.body(of: response, call, path, range)
        } catch {
            await response.close()
            throw error
        }
    }

    private func body(
        of response: TransferResponse, _ call: WebDAVCall, _ path: String, _ range: Range<Int64>?
    ) async throws(StorageError) -> WebDAVBody {
        let headers = response.head.headers
        let part = headers["Content-Range"].flatMap { Self.part($0) }
        var length = headers["Content-Length"].flatMap { Int64($0) }
        switch (response.head.status, range) {
        case (206, let range?):
            // sabre/dav takes the 0 of `bytes=0-0` for nothing, and sends the whole.
            guard let part, part.lowerBound <= range.lowerBound, range.upperBound <= part.upperBound,
                length.map({ $0 == Int64(part.count) }) ?? true
            else {
                throw StorageError(
                    .unavailable, .transient(after: nil), "the server answered with another part than it was asked for")
            }
            return WebDAVBody(
                response, call, skipping: range.lowerBound - part.lowerBound, count: Int64(range.count),
                isLonger: part != range)
        case (200, _):
            // What has neither may be a list of what is in a folder.
            if length == nil || headers["ETag"] == nil && headers["Last-Modified"] == nil {
                guard let entry = try await status(path), !entry.isFolder else { throw Self.noFile }
                length = entry.size
            }
            guard let range else { return WebDAVBody(response, call, count: length) }
            return WebDAVBody(
                response, call, skipping: range.lowerBound, count: Int64(range.count), isLonger: true)
        case (300..<400, _), (403, _), (404, _), (405, _), (410, _), (501, _):
            // Folders are not there for who reads.
            if response.head.status != 404, try await status(path)?.isFolder == false { fallthrough }
            throw Self.noFile
        default: throw WebDAVErrors.error(response.head, call, now: client.now())
        }
    }

    static var noFile: StorageError { StorageError(.notFound, .permanent, "there is no such file") }

    /// Which part an answer says that it is: `bytes 0-99/1234`.
    private static func part(_ text: String) -> Range<Int64>? {
        let words = text.split { $0 == " " || $0 == "-" || $0 == "/" }
        guard words.count == 4, words[0].lowercased() == "bytes", let first = Int64(words[1]),
            let last = Int64(words[2]), first >= 0, first <= last, last < .max
        else { return nil }
        return first..<(last + 1)
    }

    package func move(_ path: String, to target: String, replacing: Bool) async throws(StorageError) {
        // A folder would be replaced with all that is in it.
        if replacing, try await status(target)?.isFolder == true { throw Self.taken }
        if movesIntoNothing, let folder = WebDAVAddress.folder(of: target), !folders.contains(folder) {
            guard try await status(folder)?.isFolder == true else {
                throw StorageError(.notFound, .permanent, "the folder is missing")
            }
            folders.insert(folder)
        }
        try checkLength(of: target)
        if believesItself, WebDAVAddress.folder(of: path) != WebDAVAddress.folder(of: target) {
            return try await moveAcross(path, to: target, replacing: replacing)
        }
        try await moveAtOnce(path, to: target, replacing: replacing)
    }

    /// With one request.
    func moveAtOnce(_ path: String, to target: String, replacing: Bool) async throws(StorageError) {
        let call = WebDAVCall.move(
            address.target(path), to: address.origin + address.target(target), replacing: replacing)
        let answer = try await client.send(call)
        switch answer.status {
        case 200, 201, 204:
            files.remove(path)
            files.insert(target)
        case 404 where answer.isRepeat, 412 where answer.isRepeat:
            // The first of two had no answer. What it was to move has a name that nobody else moves: where that is gone and the
            // target stands, it has.
            guard try await status(path) == nil else { throw answer.status == 412 ? Self.taken : WebDAVErrors.repeated }
            guard try await status(target)?.isFolder == false else { throw WebDAVErrors.repeated }
            files.remove(path)
            files.insert(target)
        case 412: throw Self.taken
        default:
            try await expectFolder(above: target, unless: answer)
            throw error(answer, call)
        }
    }

    static var taken: StorageError { StorageError(.conflict, .permanent, "something stands there") }

    package func remove(_ path: String) async throws(StorageError) -> Bool {
        if !files.contains(path) {
            guard let entry = try await status(path) else { return false }
            // It would go with all that is in it.
            guard !entry.isFolder else {
                throw StorageError(.conflict, .permanent, "a folder stands where a file was to be removed")
            }
        }
        files.remove(path)
        let call = WebDAVCall("DELETE", address.target(path))
        let answer = try await client.send(call)
        switch answer.status {
        case 200, 204: return true
        case 404, 410: return answer.isRepeat
        default: throw error(answer, call)
        }
    }
}
