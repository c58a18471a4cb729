import Foundation
import StrictCoding
import Testing

/// The golden messages beside this suite; they are the contract, and change only with it.
///
/// With `STOWAGE_RECORD_GOLDEN=1` in the environment the values of the suite are written instead of compared; what then
/// changed is a change of the contract and is to be read as one.
enum GoldenFolder {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Golden")

    static var isRecording: Bool { ProcessInfo.processInfo.environment["STOWAGE_RECORD_GOLDEN"] == "1" }

    static func bytes(_ path: String) throws -> [UInt8] {
        Array(try Data(contentsOf: folder.appending(path: path)))
    }

    /// The names of the files in a folder, in order.
    static func names(_ path: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: path).path())
            .filter { $0.hasSuffix(".json") }.sorted()
    }

    /// Compares a message with its file, member for member in order; the files are laid out for people.
    static func compare(_ message: [UInt8], with path: String) throws {
        let laidOut = JSONWriter.bytes(of: try JSONParser.parse(message), layout: .pretty) + [0x0A]
        if isRecording { try Data(laidOut).write(to: folder.appending(path: path)) }
        let expected = try bytes(path)
        #expect(String(decoding: laidOut, as: UTF8.self) == String(decoding: expected, as: UTF8.self), "\(path)")
    }
}
