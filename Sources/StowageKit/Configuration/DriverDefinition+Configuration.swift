import ServiceRuntime
package import Storage
import StowageContract
import StrictCoding

extension DriverDefinition {
    /// The entries of `drivers`, in the order of the file.
    static func all(_ section: ConfigurationSection) -> [DriverDefinition] {
        section.names.compactMap { text in
            let entry = section.section(text)
            let isSection = section.object[text].map { $0.object != nil || $0.isNull } ?? false
            guard let name = DriverName(text) else {
                section.refuse(
                    text,
                    "is no driver name: 1 to 57 of the characters a-z 0-9 -, not all, and not ending in -quick")
                return nil
            }
            return isSection ? DriverDefinition(name: name, entry) : nil
        }
    }

    /// One entry: the keys that every driver takes, and the rest as the configuration of its type.
    private init?(name: DriverName, _ section: ConfigurationSection) {
        let type = section.string("type")
        if type == nil, section.object["type"]?.isNull ?? true {
            section.refuse("type", "is missing: which kind of storage it is")
        }
        let settings = DriverSettings(name: name, section)
        guard let type else { return nil }
        let own = section.object.members.filter { !DriverSettings.keys.contains($0.name) }
        self.init(name: name, type: type, settings: settings, configuration: .object(JSONObject(unique: own)))
    }
}

extension DriverSettings {
    /// The keys of an entry of `drivers` that are not the driver's own.
    package static let keys: Set<String> = [
        "type", "concurrency", "connections", "verify", "fallbacks", "peers", "minimumFreeBytes", "minimumFreePercent",
        "readOnly", "prefix",
    ]

    init(name: DriverName, _ section: ConfigurationSection) {
        self.init()
        concurrency = section.integer("concurrency", in: 1...1024).map { Int($0) } ?? concurrency
        connections = section.integer("connections", in: 1...4096).map { Int($0) }
        verify = section.choice("verify", of: VerificationPolicy.self) ?? verify
        fallbacks = section.driverNames("fallbacks") ?? fallbacks
        if fallbacks.contains(name) { section.refuse("fallbacks", "names the driver itself") }
        peers = section.driverNames("peers")
        if peers?.contains(name) == true { section.refuse("peers", "names the driver itself") }
        minimumFreeBytes = section.integer("minimumFreeBytes", in: 0 ... .max)
        minimumFreePercent = section.number("minimumFreePercent", in: 0...100)
        readOnly = section.bool("readOnly") ?? readOnly
        prefix = section.string("prefix") ?? prefix
        if let problem = Self.problem(ofPrefix: prefix) { section.refuse("prefix", problem) }
    }

    /// What is wrong with a prefix of keys, as the rest of a sentence.
    static func problem(ofPrefix prefix: String) -> String? {
        guard !prefix.isEmpty else { return nil }
        guard prefix.utf8.count <= 120 else { return "must be at most 120 bytes" }
        for segment in prefix.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            let text = String(Substring(segment))
            if text.isEmpty { return "must not begin or end with / or have two of them in a row" }
            if text == "." || text == ".." { return "must not have . or .. in it" }
            if text.utf8.starts(with: ".stowage".utf8) { return "must not have a segment that begins with .stowage" }
            let hasControls = text.unicodeScalars.contains { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) }
            if hasControls { return "must not have control characters in it" }
        }
        return nil
    }
}
