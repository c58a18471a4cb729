import StowageContract

/// Tries once what the server does when a file is to be moved to where one stands.
///
/// Servers differ, and not all do what they are asked: only trying tells.
struct FileServerTrial: Sendable, Equatable {
    /// The server refuses; else we can only look before.
    var refusesToReplace = false
    /// The server replaces in one step where it is asked to; else the old file has to be removed before.
    var replaces = false

    /// - Throws: what keeps the staging folder from being used.
    static func run(_ server: some FileServer) async throws(StorageError) -> FileServerTrial {
        try await server.makeFolders(FileServerNames.staging)
        var staged: [String] = []
        do throws(StorageError) {
            var trial = FileServerTrial()
            let target = try await server.stage([0x31])
            staged.append(target)
            let other = try await server.stage([0x32, 0x32])
            staged.append(other)
            trial.refusesToReplace = try await refuses(server, other, target, replacing: false)
            if try await server.status(target)?.size != 1 {
                // Replaced although it was not asked to: it will when it is.
                trial.refusesToReplace = false
                trial.replaces = true
            } else {
                let hasRefused = try await refuses(server, other, target, replacing: true)
                let size = try await server.status(target)?.size
                trial.replaces = !hasRefused && size == 2
            }
            await server.discard(staged)
            return trial
        } catch {
            await server.discard(staged)
            throw error
        }
    }

    private static func refuses(
        _ server: some FileServer, _ path: String, _ target: String, replacing: Bool
    ) async throws(StorageError) -> Bool {
        do throws(StorageError) {
            try await server.move(path, to: target, replacing: replacing)
            return false
        } catch {
            switch error.code {
            case .conflict, .unsupported, .permissionDenied: return true
            default: throw error
            }
        }
    }
}
