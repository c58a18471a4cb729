import Storage
import StowageContract

/// Removes the archive that was the source of a store.
struct ArchiveRemoval: SourceRemoval {
    let storage: Storage
    let reference: ArchiveReference
    let taskID: TaskID
    let result: TaskResult

    func remove() async -> String? {
        guard case .store(let store) = result else { return "the task stored nothing" }
        do throws(StorageError) {
            guard let source = try await storage.stat(reference) else { return nil }
            guard source.sha256 == store.handle.sha256 else { return "the source holds other bytes by now" }
            _ = try await storage.delete(reference, taskID: taskID, reason: "moved by task \(taskID)")
            return nil
        } catch {
            return error.reason
        }
    }
}

/// A source archive of which nothing was read in this delivery.
struct UnreadArchive: SourceRemoval {
    func remove() async -> String? { "the source was not read in this delivery" }
}
