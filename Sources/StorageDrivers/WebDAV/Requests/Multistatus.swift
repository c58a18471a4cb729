import Storage
import StowageContract
import Transfer
import XML

/// What a server says of resources, or of what it could not do with them (RFC 4918, section 13); pure.
struct Multistatus: Sendable, Equatable {
    /// One resource, with those of its properties that the server could tell.
    struct Resource: Sendable, Equatable {
        var href: WebDAVHref
        /// That of the resource as a whole; `nil`: its properties have their own.
        var status: Int?
        var isFolder = false
        var size: Int64?
        var modified: Timestamp?
        /// RFC 4331; `nil` also where it says that nothing limits or that it does not know, by a negative number.
        var availableBytes: Int64?
        var usedBytes: Int64?
    }

    var resources: [Resource]

    private static let namespace = "DAV:"

    /// `target`: what was asked for.
    ///
    /// - Throws: `.unavailable` where it is no multistatus: a proxy, or half an answer.
    init(parsing bytes: [UInt8], of target: String, now: Timestamp) throws(StorageError) {
        let root: XMLElement
        do throws(XMLError) {
            root = try XMLElement(
                parsing: bytes, limits: XMLLimits(bytes: WebDAVClient.mostBytes, elements: 2_000_000))
        } catch {
            throw Self.unreadable(error.message)
        }
        guard root.isNamed("multistatus", in: Self.namespace) else { throw Self.unreadable("no multistatus") }
        resources = []
        for response in root.all("response", in: Self.namespace) {
            let properties = Self.properties(response)
            for element in response.all("href", in: Self.namespace) {
                var resource = Resource(href: WebDAVHref(element.text, relativeTo: target))
                resource.status = response["status", in: Self.namespace].flatMap { Self.status($0.text) }
                resource.read(properties, now: now, in: Self.namespace)
                resources.append(resource)
            }
        }
    }

    /// The properties that the server has.
    private static func properties(_ response: XMLElement) -> [XMLElement] {
        response.all("propstat", in: namespace).flatMap { part -> [XMLElement] in
            guard (200..<300) ~= part["status", in: namespace].flatMap({ status($0.text) }) ?? 200 else { return [] }
            return part["prop", in: namespace]?.children ?? []
        }
    }

    /// Of a line such as `HTTP/1.1 404 Not Found`.
    private static func status(_ line: String) -> Int? {
        let words = line.split(whereSeparator: \.isWhitespace)
        guard words.count >= 2, words[0].utf8.starts(with: "HTTP/".utf8) else { return nil }
        return Int(words[1])
    }

    /// The one resource that was asked for; `nil`: the server says that it is not there.
    ///
    /// - Throws: `.unavailable` where it says nothing of it.
    func only(_ target: String) throws(StorageError) -> Resource? {
        let asked = WebDAVHref(target, relativeTo: target).segments
        // A gateway in front of it may call it otherwise.
        let found = resources.first { $0.href.segments == asked } ?? (resources.count == 1 ? resources.first : nil)
        guard let found else { throw Self.unreadable("nothing about what was asked for") }
        return found.status == 404 ? nil : found
    }

    /// What is in a folder that was asked about with `Depth: 1`; `nil`: it is none.
    func members(of target: String) throws(StorageError) -> [Resource]? {
        let asked = WebDAVHref(target, relativeTo: target).segments
        let shortest = resources.min { $0.href.segments.count < $1.href.segments.count }
        guard let folder = resources.first(where: { $0.href.segments == asked }) ?? shortest else {
            throw Self.unreadable("nothing about the folder that was asked for")
        }
        guard folder.isFolder, folder.status != 404 else { return nil }
        let above = folder.href.segments
        return resources.filter { resource in
            resource.href.segments.count == above.count + 1 && resource.href.segments.starts(with: above)
                && resource.status != 404
        }
    }

    /// The worst of what happened to the resources, where a request was to change something; `nil`: nothing was said.
    var worstStatus: Int? { resources.compactMap(\.status).max() }

    static func unreadable(_ problem: String) -> StorageError {
        StorageError(
            .unavailable, .transient(after: nil), "the answer of the server is no answer of WebDAV",
            context: ["problem": problem])
    }
}

extension Multistatus.Resource {
    fileprivate mutating func read(_ properties: [XMLElement], now: Timestamp, in namespace: String) {
        isFolder = properties.isEmpty && href.endsWithSlash
        for property in properties where property.isNamed(property.name, in: namespace) {
            let text = property.text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            switch property.name {
            case "resourcetype": isFolder = property["collection", in: namespace] != nil
            case "getcontentlength": size = Int64(text).flatMap { $0 < 0 ? nil : $0 }
            case "getlastmodified":
                modified = HTTPDate.milliseconds(text, now: now.millisecondsSinceEpoch)
                    .map { Timestamp(millisecondsSinceEpoch: $0) }
            case "quota-available-bytes": availableBytes = Int64(text).flatMap { $0 < 0 ? nil : $0 }
            case "quota-used-bytes": usedBytes = Int64(text).flatMap { $0 < 0 ? nil : $0 }
            default: break
            }
        }
    }
}
