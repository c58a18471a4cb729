import Cryptography
import ServiceRuntime
import StowageContract
import StrictCoding

/// A long archive on its way: a file in the staging folder, and notes that say how much of it is safe.
///
/// The names begin with what all deliveries of a task know and end with what only the one knows that writes. Whoever goes on
/// with another's gives it a name of his own first, which only one can.
struct FileServerPartial<Server: FileServer>: Sendable {
    private static var suffixes: [String] { ["-note-0", "-note-1"] }

    let path: String
    private let server: Server

    private init(_ server: Server, _ prefix: String) {
        self.server = server
        path = FileServerNames.staging + "/" + prefix + RandomBytes.hexadecimal(8)
    }

    /// A new one, of which nothing stands yet.
    static func new(_ server: Server, _ request: WriteRequest) -> FileServerPartial {
        FileServerPartial(server, FileServerNames.partialPrefix(request))
    }

    /// Takes over what another delivery of the task has left of the same bytes; `nil`: nothing of use.
    static func takeOver(
        _ server: Server, _ request: WriteRequest, origin: String
    ) async throws(StorageError) -> (FileServerPartial, FileServerNote)? {
        let prefix = FileServerNames.partialPrefix(request)
        let entries = try await server.entries(FileServerNames.staging) ?? []
        let ours = entries.filter { $0.name.utf8.starts(with: prefix.utf8) && !$0.isFolder }
        var best: (name: String, note: FileServerNote)?
        for entry in ours where !isNote(entry.name) {
            for suffix in suffixes where ours.contains(where: { $0.name == entry.name + suffix }) {
                let document = try await server.record(FileServerNames.staging + "/" + entry.name + suffix)
                guard let note = document.flatMap({ FileServerNote($0) }), note.origin.hasSameBytes(as: origin),
                    note.bytes <= entry.size, note.bytes > best?.note.bytes ?? 0
                else { continue }
                best = (entry.name, note)
            }
        }
        guard let best else { return nil }
        let mine = FileServerPartial(server, prefix)
        let others = FileServerNames.staging + "/" + best.name
        // The note first: a file without one would be of no use to anybody.
        try await mine.keep(best.note, turn: 0)
        do throws(StorageError) {
            try await server.move(others, to: mine.path, replacing: false)
        } catch {
            await mine.discard()
            guard error.code == .notFound else { throw error }
            return nil
        }
        await server.discard(suffixes.map { others + $0 })
        // Its writer may have come to its end in between. A server that moves by a second name keeps the first for a moment:
        // then this is the archive itself, in which nobody may write. Asked behind the move, which the other cannot pass.
        guard try await server.status(request.key.text) == nil else {
            await mine.discard()
            throw StorageError.keyIsTaken
        }
        return (mine, best.note)
    }

    /// Notes what is safe, in turns: a note that is cut off leaves the one before.
    func keep(_ note: FileServerNote, turn: Int) async throws(StorageError) {
        let document = note.document
        try await server.upload(
            path + Self.suffixes[turn % 2], at: 0, size: Int64(document.count), from: BytesBody(document))
    }

    /// Leaves nothing behind.
    func discard() async { await server.discard([path] + Self.suffixes.map { path + $0 }) }

    /// Removes the notes, once the file is an archive.
    func forget() async { await server.discard(Self.suffixes.map { path + $0 }) }

    private static func isNote(_ name: String) -> Bool { suffixes.contains { name.hasSuffix($0) } }
}
