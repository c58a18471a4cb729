import Glibc

/// Stops a server when its end of a pipe closes: when the value goes, and when the test process ends in any way.
final class ServerGuardian: Sendable {
    private let end: Int32
    private let process: SpawnedProcess
    /// The server is found by its files: they go last.
    private let folder: TemporaryFolder

    /// The script knows `stop FOLDER`.
    init(script: String, folder: TemporaryFolder) throws {
        self.folder = folder
        let pipe = try SpawnedProcess.pipe()
        defer { close(pipe.read) }
        end = pipe.write
        process = try SpawnedProcess(
            ["/usr/bin/setsid", "sh", "-c", "read -r line; \"$0\" stop \"$1\"; rm -rf \"$1\"", script, folder.path],
            ["STOP_SECONDS": "0"], input: .descriptor(pipe.read))
    }

    deinit {
        close(end)
        _ = process.wait()
    }
}
