import Transfer

/// Where a bucket is, and how its objects are called there.
struct S3Address: Sendable {
    /// What is wrong with an endpoint.
    struct Problem: Error {
        var message: String
    }

    /// `https://host[:port]`, with the bucket before the host or behind it.
    private let root: String
    /// What stands before a key in a path.
    private let folder: String

    init(_ configuration: S3Configuration) throws(Problem) {
        let text = configuration.endpoint ?? "https://s3.\(configuration.region).amazonaws.com"
        let url: TransferURL
        do throws(TransferError) {
            url = try TransferURL(text)
        } catch {
            throw Problem(message: "must be a URL: " + error.message)
        }
        guard url.scheme == "https" || url.scheme == "http" else {
            throw Problem(message: "must begin with https:// or http://")
        }
        guard url.query == nil, url.path == "/" || url.path.isEmpty else {
            throw Problem(message: "must be a host with or without a port, and nothing behind it")
        }
        let isDefaultPort = url.port == (url.scheme == "https" ? 443 : 80)
        let host = url.host.utf8.contains(UInt8(ascii: ":")) ? "[\(url.host)]" : url.host
        let authority = isDefaultPort ? host : "\(host):\(url.port)"
        if configuration.pathStyle {
            root = "\(url.scheme)://\(authority)"
            folder = "/\(configuration.bucket)"
        } else {
            guard Self.isHostLabel(configuration.bucket) else {
                throw Problem(message: "and this bucket need pathStyle: the name cannot stand before a host")
            }
            root = "\(url.scheme)://\(configuration.bucket).\(authority)"
            folder = ""
        }
    }

    /// The URL of an object, or of the bucket; `query` in its canonical form.
    func url(_ key: String?, query: [S3Query]) throws(TransferError) -> TransferURL {
        let path = key.map { "/" + AWSEncoding.encode($0, keepingSlash: true) } ?? (folder.isEmpty ? "/" : "")
        let pairs = query.map { item in
            AWSEncoding.encode(item.name, keepingSlash: false)
                + (item.value.map { "=" + AWSEncoding.encode($0, keepingSlash: false) } ?? "=")
        }
        let suffix = pairs.isEmpty ? "" : "?" + pairs.sorted().joined(separator: "&")
        return try TransferURL(root + folder + path + suffix)
    }

    /// Names that buckets of Amazon, or of stores that allow more, can have.
    static func isBucketName(_ name: String) -> Bool {
        (3...255).contains(name.utf8.count) && name != "..." && !name.contains("..")
            && name.utf8.first != UInt8(ascii: ".") && name.utf8.first != UInt8(ascii: "-")
            && name.utf8.allSatisfy {
                $0.isLetterOrDigit || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
            }
    }

    /// Whether a certificate for `*.host` can cover the name.
    private static func isHostLabel(_ name: String) -> Bool {
        name.utf8.count <= 63 && name.utf8.last != UInt8(ascii: "-")
            && name.utf8.allSatisfy {
                $0.isLetterOrDigit && !($0 >= UInt8(ascii: "A") && $0 <= UInt8(ascii: "Z")) || $0 == UInt8(ascii: "-")
            }
    }
}

/// One parameter of a query.
struct S3Query: Sendable {
    var name: String
    var value: String?

    init(_ name: String, _ value: String? = nil) {
        self.name = name
        self.value = value
    }
}
