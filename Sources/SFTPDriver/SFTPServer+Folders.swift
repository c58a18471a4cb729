package import Storage
import StowageContract

extension SFTPServer {
    package func status(_ path: String) async throws(StorageError) -> FileEntry? {
        let wire = try wire(path)
        let attributes = try await pool.with { connection throws(StorageError) in
            try await connection.turn(changes: false) { link throws(SFTPFailure) in try link.attributes(wire) }
        }
        let name = path.split(separator: "/").last.map(String.init) ?? ""
        return attributes.map { FileEntry(name: name, $0) }
    }

    package func entries(_ folder: String) async throws(StorageError) -> [FileEntry]? {
        let wire = try wire(folder)
        return try await pool.with { connection throws(StorageError) in
            try await connection.turn(changes: false) { link throws(SFTPFailure) in
                try link.entries(wire)?.map { FileEntry(name: $0.name, $0.attributes) }
            }
        }
    }

    package func makeFolder(_ path: String) async throws(StorageError) -> Bool {
        let (wire, root) = (try wire(path), try wire(""))
        return try await pool.with { connection throws(StorageError) in
            try await connection.turn(changes: true) { link throws(SFTPFailure) in
                do throws(SFTPFailure) {
                    try link.make(wire, in: root, by: .makeFolder(wire))
                    return true
                } catch {
                    if case .refused(let status, _) = error, status.code == SFTPStatus.alreadyExists { return false }
                    throw error
                }
            }
        }
    }

    package func removeFolder(_ path: String) async throws(StorageError) -> Bool {
        let wire = try wire(path)
        return try await pool.with { connection throws(StorageError) in
            try await connection.turn(changes: true) { link throws(SFTPFailure) in
                do throws(SFTPFailure) {
                    try link.order(.removeFolder(wire))
                    return true
                } catch {
                    guard case .refused(var status, let call) = error else { throw error }
                    if status.isAbsence { return false }
                    if status.code == SFTPStatus.failure, let names = try? link.entries(wire), !names.isEmpty {
                        status.code = SFTPStatus.folderNotEmpty
                    }
                    throw .refused(status, call: call)
                }
            }
        }
    }

    package func remove(_ path: String) async throws(StorageError) -> Bool {
        let wire = try wire(path)
        return try await pool.with { connection throws(StorageError) in
            try await connection.turn(changes: true) { link throws(SFTPFailure) in
                do throws(SFTPFailure) {
                    try link.order(.remove(wire))
                    return true
                } catch {
                    guard case .refused(let status, _) = error, status.isAbsence else { throw error }
                    return false
                }
            }
        }
    }
}

extension FileEntry {
    init(name: String, _ attributes: SFTPAttributes) {
        let isFolder = attributes.kind == .folder
        self.init(
            name: name, isFolder: isFolder,
            size: isFolder ? 0 : Int64(clamping: attributes.size ?? 0),
            modified: attributes.modified.map { Timestamp(millisecondsSinceEpoch: Int64($0) * 1000) })
    }
}
