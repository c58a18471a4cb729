import Storage
import StowageContract

/// Removes the archive that a copy was made from, if the copy stands at that moment.
struct OriginalRemoval: SourceRemoval {
    let api: StorageAPI
    let taskID: TaskID
    let source: DriverName
    let archive: ArchiveReference
    let copy: ArchiveHandle

    func remove() async -> String? {
        do throws(StorageError) {
            let storage = try await api.storage(source)
            let original: CopyOrigin
            do throws(StorageError) {
                original = try await storage.origin(archive)
            } catch {
                if error.code == .notFound { return nil }
                throw error
            }
            // Somebody may have deleted the copy since it was announced; then the original is all that is left.
            let standing: CopyOrigin
            do throws(StorageError) {
                standing = try await api.storage(copy.driver).origin(.handle(copy))
            } catch {
                return "the copy cannot be confirmed: " + error.reason
            }
            guard standing.handle.sha256 == original.handle.sha256, standing.handle.size == original.handle.size else {
                return "the source holds other bytes than the copy"
            }
            guard !standing.mayBe(original) else { return "the copy may be the source itself" }
            _ = try await storage.delete(
                .handle(original.handle), taskID: taskID, reason: "moved to \(copy.driver) by task \(taskID)")
            return nil
        } catch {
            return error.reason
        }
    }
}
