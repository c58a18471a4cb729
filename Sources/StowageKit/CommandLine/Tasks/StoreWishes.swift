import StowageContract

/// What the options of `store` say about every archive.
struct StoreWishes: Sendable {
    let name: String?
    let removeSource: Bool
    /// `nil`: the configured ones.
    let fallbacks: [DriverName]?
    private let path: String?
    private let mediaType: String?
    private let metadata: [String: String]
    private let retention: Retention?
    private let legalHold: Bool
    private let copies: [DriverName]
    private let sha256: String?

    init(_ line: ParsedCommand, _ builder: TaskBuilder) throws(UsageError) {
        name = line.string("name")
        removeSource = line.flag("remove-source")
        path = line.string("path")
        mediaType = line.string("media-type")
        legalHold = line.flag("legal-hold")
        sha256 = line.string("sha256")
        var metadata: [String: String] = [:]
        for text in line.strings("metadata") {
            guard let equals = text.firstIndex(of: "=") else {
                throw line.error("--metadata must be KEY=VALUE, not \(text.debugDescription)")
            }
            let key = String(text[..<equals])
            guard metadata.updateValue(String(text[text.index(after: equals)...]), forKey: key) == nil else {
                throw line.error("--metadata names \(key) twice")
            }
        }
        self.metadata = metadata
        var named: [DriverName] = []
        for text in line.strings("fallback") { named.append(try builder.driver(named: text, option: "--fallback")) }
        if line.flag("no-fallback"), !named.isEmpty {
            throw line.error("--fallback and --no-fallback exclude each other")
        }
        fallbacks = named.isEmpty ? (line.flag("no-fallback") ? [] : nil) : named
        var copies: [DriverName] = []
        for text in line.strings("copy") { copies.append(try builder.driver(named: text, option: "--copy")) }
        self.copies = copies
        retention = try line.retention("retention")
    }

    func data(name: String, _ source: TaskSource, size: Int64) -> StoreData {
        StoreData(
            name: name, path: path, source: source, size: size, sha256: sha256, mediaType: mediaType,
            metadata: metadata, retention: retention, legalHold: legalHold, copies: copies, removeSource: removeSource)
    }
}
