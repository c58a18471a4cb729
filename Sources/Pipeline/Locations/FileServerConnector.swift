import ServiceRuntime
package import Storage
import StowageContract
package import Transfer

/// Connects to servers that keep files in folders, for tasks that name one of their files by URL.
package struct FileServerConnector: Sendable {
    /// The schemes of the URLs that it is for.
    package let schemes: [String]
    /// Returns a server whose paths begin at the root, as its user sees it.
    package let connect: @Sendable (FileServerAddress) async throws(StorageError) -> any FileServer

    package init(
        schemes: [String], connect: @escaping @Sendable (FileServerAddress) async throws(StorageError) -> any FileServer
    ) {
        self.schemes = schemes
        self.connect = connect
    }
}

/// A server that a task's URL names, and how it is to be reached.
package struct FileServerAddress: Sendable {
    /// `ftp`, `ftps` or `sftp`.
    package var scheme: String
    package var host: String
    package var port: Int
    /// What the configuration knows us by there; `nil`: nothing was named.
    package var credentials: LocationCredentials?
    /// Asked for every address before a connection to it is made; `false` refuses it.
    package var allowsAddress: @Sendable (TransferAddress) -> Bool
    /// The longest time without a byte.
    package var limit: Duration

    /// Whether nothing may pass before TLS stands: the credentials may only be sent within it.
    package var requiresTLS: Bool { scheme == "ftps" || credentials.map { !$0.allowsHTTP } ?? false }
}

extension Locations {
    /// The server of a location; `.unsupported` where nobody speaks its protocol.
    func connect(
        _ location: Location, limit: Duration, at place: ErrorPlace
    ) async throws(StorageError) -> any FileServer {
        guard let connector = fileServers.first(where: { $0.schemes.contains(location.url.scheme) }) else {
            throw Self.unspoken
        }
        let (hosts, port) = (policy.hosts, location.url.port)
        let address = FileServerAddress(
            scheme: location.url.scheme, host: location.url.host, port: port,
            credentials: location.known,
            // FTP takes its data over other ports of the same host.
            allowsAddress: { hosts.allowsConnection(to: $0.bytes, port: port) }, limit: limit)
        do throws(StorageError) {
            return try await connector.connect(address)
        } catch {
            throw error.moved(to: place).with("server", location.url.server)
        }
    }
}

extension TransferURL {
    /// The file that the path of a URL names, from the root.
    ///
    /// - Throws: `.invalidTask` where it is none: a folder, a segment that is `.` or `..`, no UTF-8, a control character.
    func filePath() throws(StorageError) -> String {
        let invalid = StorageError(.invalidTask, .permanent, "the path of the URL names no file", at: .task)
        guard query == nil, path.utf8.first == UInt8(ascii: "/") else { throw invalid }
        var segments: [String] = []
        for part in path.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            guard let bytes = Self.decoded(part), let segment = String(validating: bytes, as: UTF8.self) else {
                throw invalid
            }
            let isControl = segment.unicodeScalars.contains { $0.properties.generalCategory == .control }
            guard !bytes.isEmpty, bytes.count <= 255, !isControl, !bytes.contains(UInt8(ascii: "/")),
                !bytes.elementsEqual(".".utf8), !bytes.elementsEqual("..".utf8)
            else { throw invalid }
            segments.append(segment)
        }
        return segments.joined(separator: "/")
    }

    private static func decoded(_ text: Substring.UTF8View) -> [UInt8]? {
        var bytes: [UInt8] = []
        var rest = text[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }
}
