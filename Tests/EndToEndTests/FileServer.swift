import Foundation
import TestSupport

/// Files over HTTP (`Tests/Servers/files_over_http.py`), and what it was asked for.
final class FileServer: Sendable {
    /// A request that is over.
    struct Request {
        var method: String
        var path: String
        /// As they were sent.
        var headers: [String: String]
        /// `nil`: none was given.
        var status: Int?
        /// Of the body that was sent or taken.
        var bytes: Int
    }

    let port: Int
    private let folder: TemporaryFolder
    private let process: ChildProcess

    init() async throws {
        port = Int(try TestPorts.reserve(1))
        folder = try TemporaryFolder()
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Servers/files_over_http.py").path
        process = try ChildProcess(["python3", script, "\(port)", folder.path])
        let process = process
        try await require(eventually: "the server to listen: \(process.errorText)") { !process.output.value.isEmpty }
    }

    deinit { process.send(SIGKILL) }

    func url(_ path: String, host: String = "127.0.0.1") -> String { "http://\(host):\(port)\(path)" }

    /// The file that it serves, or was given, under that name.
    func file(_ name: String) -> String { folder.path(name) }

    @discardableResult
    func write(_ bytes: [UInt8], to name: String) throws -> String { try folder.write(bytes, to: name) }

    /// Whether somebody waits for bytes that never come.
    var isStalling: Bool { process.output.value.contains { $0.text.contains("\"stalling\"") } }

    /// In the order in which they ended.
    var requests: [Request] {
        process.output.value.dropFirst().compactMap { line in
            guard let object = try? JSONSerialization.jsonObject(with: Data(line.text.utf8)) as? [String: Any],
                let method = object["method"] as? String, let path = object["path"] as? String
            else { return nil }
            return Request(
                method: method, path: path, headers: object["headers"] as? [String: String] ?? [:],
                status: object["status"] as? Int, bytes: object["bytes"] as? Int ?? 0)
        }
    }
}
