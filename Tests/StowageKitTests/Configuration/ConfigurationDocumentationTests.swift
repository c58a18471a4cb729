import Foundation
import ServiceRuntime
import StrictCoding
import Testing

@testable import StowageKit

@Suite("Documentation of the configuration")
struct ConfigurationDocumentationTests {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private func text(_ path: String) throws -> String {
        try String(contentsOf: Self.root.appendingPathComponent(path), encoding: .utf8)
    }

    /// The keys that the code asks for, from reading a document with one driver and one login.
    private func knownKeys() throws -> Set<String> {
        let sample = "sources: { credentials: { NAME: {} } }\ndrivers: { name: { type: memory } }\n"
        let section = ConfigurationSection(try YAMLDocument.parse(Array(sample.utf8), file: "sample"))
        _ = StowageConfiguration(reading: section)
        return Set(
            section.findings.keys.map {
                $0.replacing("drivers.name", with: "drivers.<name>").replacing(
                    "credentials.NAME", with: "credentials.<name>")
            })
    }

    /// Those that hold no other keys.
    private func leaves(_ keys: Set<String>) -> Set<String> {
        keys.filter { key in !keys.contains { $0.hasPrefix(key + ".") } }
    }

    @Test("docs/configuration.md and the code know the same keys")
    func documentation() throws {
        let rows = try text("docs/configuration.md").split(separator: "\n").compactMap { line in
            try? /^\| `([a-z]+\.[A-Za-z.<>]+)` \|/.firstMatch(in: line).map { String($0.1) }
        }
        let documented = Set(rows)
        let known = try knownKeys()
        #expect(documented.count == rows.count, "a key is documented twice")
        #expect(leaves(known).subtracting(documented) == [], "undocumented")
        #expect(documented.subtracting(known) == [], "documented, but unknown to the code")
        #expect(known.count > 40)
    }

    @Test("deploy/stowage.yaml names every key there is and no other")
    func example() throws {
        let example = try text("deploy/stowage.yaml")
        var named: Set<String> = []
        var path: [(indentation: Int, name: String)] = []
        // Keys that are commented out count: they are there to be found.
        for line in example.split(separator: "\n") {
            guard let match = try /^( *)(?:# )?([a-z][A-Za-z-]*):(?: |$)/.firstMatch(in: line) else { continue }
            let indentation = match.1.count
            path.removeAll { $0.indentation >= indentation }
            path.append((indentation, String(match.2)))
            named.insert(path.map(\.name).joined(separator: ".").replacing("drivers.archive", with: "drivers.<name>"))
        }
        let known = leaves(try knownKeys()).filter { !$0.hasPrefix("sources.credentials.") }
        #expect(known.subtracting(named) == [], "not in the example")
        let sections = Set(known.compactMap { $0.split(separator: ".").first.map(String.init) })
        let foreign = named.filter { key in
            key != "drivers.<name>.path" && key.contains(".") && !key.hasPrefix("sources.credentials")
                && sections.contains { key.hasPrefix($0 + ".") } && !known.contains(key) && key != "drivers.<name>"
                && !["broker.verify", "broker.declare"].contains(key)
        }
        #expect(foreign == [], "unknown to the code")
    }

    @Test("deploy/stowage.yaml loads, and says what the defaults are")
    func loads() throws {
        let file = Self.root.appendingPathComponent("deploy/stowage.yaml").path
        let loader = ConfigurationLoader(environment: { _ in nil })
        let example = try loader.load(named: file)
        let bare = try configuration(drivers: "{ archive: { type: local, path: /srv/archive } }")
        #expect(String(reflecting: example) == String(reflecting: bare))
    }
}
