import ServiceRuntime
import StowageContract
import StrictCoding

extension FileServerStorageDriver {
    package func delete(_ request: DeleteRequest) async throws(StorageError) -> Bool {
        guard try await look(request.key) != nil else { return false }
        return try await withClaim(of: request.key) { folder throws(StorageError) in
            try await delete(request, folder)
        } ?? false
    }

    /// The record comes first: once the archive is gone, nothing may let a late copy of its store bring it back.
    private func delete(_ request: DeleteRequest, _ folder: FileServerFolder) async throws(StorageError) -> Bool {
        let path = request.key.folderPath + "/"
        guard let stored = try await archive(folder) else {
            // What a killed delivery left is ended. Without its record the manifest is one whose archive is still to come.
            if folder.hasDeletion { try await removeRecords(folder) }
            return false
        }
        // Under the claim, which keeps `retain` out until the archive is gone.
        try request.admit(stored)
        let record = DeletionRecord(
            of: try await manifest(folder), request, at: now(), earlier: try await deletion(folder))
        let staged = try await server.stage(JSONWriter.bytes(of: record.json))
        do throws(StorageError) {
            try await replace(path + RecordName.deleted, with: staged)
        } catch {
            if !error.isAmbiguous { await server.discard([staged]) }
            throw error
        }
        do throws(StorageError) {
            _ = try await server.remove(request.key.text)
            try await removeRecords(folder)
        } catch {
            var error = error
            error.isAmbiguous = true
            throw error
        }
        return true
    }

    /// Only where no other archive stands in the folder: the records would be that one's, its retention included.
    private func removeRecords(_ folder: FileServerFolder) async throws(StorageError) {
        if folder.other != nil { return }
        let path = folder.key.folderPath + "/"
        if folder.hasManifest { _ = try await server.remove(path + RecordName.manifest) }
        for name in folder.protections { _ = try await server.remove(path + name) }
    }

    /// Removes what killed writers left in the staging folder.
    ///
    /// A manifest whose archive never came stays: it takes no room, is not listed, and the task's next delivery uses it.
    package func sweep(olderThan age: Duration) async throws(StorageError) -> Int {
        let limit = Timestamp(millisecondsSinceEpoch: now().millisecondsSinceEpoch - age.milliseconds)
        var swept = 0
        for entry in try await server.entries(FileServerNames.staging) ?? [] {
            guard !entry.isFolder, let modified = entry.modified, modified < limit else { continue }
            if try await server.remove(FileServerNames.staging + "/" + entry.name) { swept += 1 }
        }
        return swept
    }

    /// Does something with a folder that nobody else changes meanwhile; `nil`: there is no such folder.
    private func withClaim<Value: Sendable>(
        of key: ArchiveKey, _ body: (FileServerFolder) async throws(StorageError) -> Value
    ) async throws(StorageError) -> Value? {
        let claim = try await FileServerClaim.acquire(server, key.folderPath, policy.lease, time, worked: {})
        do throws(StorageError) {
            guard let folder = try await look(key) else {
                await claim.release()
                return nil
            }
            let value = try await body(folder)
            await claim.release()
            return value
        } catch {
            // Whoever takes it over waits until what may still be under way is through.
            if !error.isAmbiguous { await claim.release() }
            throw error
        }
    }
}

extension FileServerStorageDriver: Retaining {
    package func retain(_ request: RetainRequest) async throws(StorageError) -> RetentionState {
        let absent = StorageError(.notFound, .permanent, "there is no such archive")
        guard let before = try await look(request.key), before.archive != nil else { throw absent }
        let state = try await withClaim(of: request.key) { folder throws(StorageError) in
            guard let stored = try await archive(folder) else { throw absent }
            let records = try await protections(folder)
            let record = try ProtectionRecord.next(
                for: request, manifest: stored.manifest, records: records, at: now())
            guard let record else { return RetentionState(stored.manifest, records) }
            let staged = try await server.stage(JSONWriter.bytes(of: record.json))
            do throws(StorageError) {
                try await move(
                    staged, to: request.key.folderPath + "/" + RecordName.retain(request.taskID), replacing: false)
            } catch {
                if !error.isAmbiguous { await server.discard([staged]) }
                throw error
            }
            guard let after = try await look(request.key) else { throw absent }
            return RetentionState(stored.manifest, try await protections(after))
        }
        guard let state else { throw absent }
        return state
    }
}
