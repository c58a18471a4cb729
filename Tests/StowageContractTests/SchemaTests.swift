import Foundation
import StowageContract
import StrictCoding
import Testing

@Suite("Schemas")
struct SchemaTests {
    private var folder: URL {
        GoldenFolder.folder.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "docs/schema")
    }

    @Test("The files in docs/schema are those that are printed", arguments: StowageSchema.documents.map(\.name))
    func files(name: String) throws {
        let document = try #require(StowageSchema.documents.first { $0.name == name }?.document)
        let text = JSONWriter.bytes(of: document, layout: .pretty) + [0x0A]
        let file = folder.appending(path: name)
        if GoldenFolder.isRecording {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try Data(text).write(to: file)
        }
        #expect(try Data(contentsOf: file) == Data(text), "record with STOWAGE_RECORD_GOLDEN=1")
    }

    @Test("Every reference inside a document leads somewhere", arguments: StowageSchema.documents.map(\.name))
    func references(name: String) throws {
        let document = try #require(StowageSchema.documents.first { $0.name == name }?.document)
        for target in targets(in: document) {
            if target.hasPrefix("./") {
                #expect(StowageSchema.documents.contains { "./" + $0.name == target }, "\(target)")
                continue
            }
            var place: JSONValue? = document
            for part in target.split(separator: "/").dropFirst() { place = place?[String(part)] }
            #expect(place != nil, "\(target)")
        }
    }

    @Test("Every definition is used", arguments: ["task.schema.json", "event.schema.json", "control.schema.json"])
    func used(name: String) throws {
        let document = try #require(StowageSchema.documents.first { $0.name == name }?.document)
        let targets = Set(targets(in: document))
        for definition in document["$defs"]?.object?.members ?? [] {
            #expect(targets.contains("#/$defs/\(definition.name)"), "\(definition.name)")
        }
    }

    private func targets(in value: JSONValue) -> [String] {
        switch value {
        case .object(let object):
            object.members.flatMap { $0.name == "$ref" ? [$0.value.string ?? ""] : targets(in: $0.value) }
        case .array(let elements): elements.flatMap(targets)
        default: []
        }
    }
}
