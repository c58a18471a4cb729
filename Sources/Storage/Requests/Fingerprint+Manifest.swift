import Cryptography
import StowageContract
import StrictCoding

extension Fingerprint {
    /// The fingerprint of a request whose names are normalised.
    init(of request: StoreRequest) {
        self.init(
            operation: request.operation, name: request.name, path: request.path, size: request.size,
            sha256: request.sha256, mediaType: request.mediaType, metadata: request.metadata,
            retention: request.retention, legalHold: request.legalHold)
    }

    /// What manifests record: 64 hexadecimal digits.
    var digest: String { SHA256Hasher.digest(of: canonicalBytes).hexadecimal }

    /// The members in which a stored manifest's request differs; empty: it is the same request.
    ///
    /// A copy and the store of the same archive count as the same where they promise the same bytes, however much of
    /// that each of them said, and wherever the copy's own key comes from.
    func differences(from manifest: Manifest, digest: String) -> [String] {
        if digest.hasSameBytes(as: manifest.fingerprint) { return [] }
        let stored = Fingerprint(request: manifest.request)
        let names = differences(from: stored)
        let copy = JSONValue.string(Operation.copy.rawValue)
        guard request["operation"] == copy || stored.request["operation"] == copy else { return names }
        return names.filter { name in
            switch name {
            case "operation", "path": false
            case "size": !promises(name, stored, .integer(manifest.size))
            case "sha256": !promises(name, stored, .string(manifest.sha256))
            default: true
            }
        }
    }

    /// Whether neither request asks for anything but `actual`.
    private func promises(_ name: String, _ other: Fingerprint, _ actual: JSONValue) -> Bool {
        [request[name] ?? .null, other.request[name] ?? .null].allSatisfy { $0.isNull || $0 == actual }
    }
}
