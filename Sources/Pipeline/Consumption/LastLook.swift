package import FileSystem
package import ServiceRuntime
package import Storage
package import StowageContract

/// Looks once more for the result of a task that would otherwise be announced as failed.
package struct LastLook: Sendable {
    private let search: SlipSearch
    private let spool: SpoolRoots
    private let blocking: BlockingPool

    package init(api: StorageAPI, spool: SpoolRoots, blocking: BlockingPool) {
        self.search = SlipSearch(api: api)
        self.spool = spool
        self.blocking = blocking
    }

    /// What a look has found.
    package struct Finding: Sendable {
        /// `nil`: nothing stands where anybody could be asked.
        package var result: TaskResult?
        /// Says of a source that was to be removed that it was not read and so stays.
        package var removal: (any SourceRemoval)?
        /// Without a result: drivers that may hold the archive but could not be asked.
        package var unasked: [DriverName] = []
    }

    /// Looks for what `task` makes: an archive on one of `drivers`, or the file of a `retrieve`.
    package func look(for task: StorageTask, on drivers: [DriverName]) async -> Finding {
        switch task.data {
        case .store(let data):
            let found = await search.search(task, on: drivers)
            guard let receipt = found.receipts.first else { return Finding(unasked: found.unasked) }
            var result = StoreResult(receipt)
            result.otherCopies = found.receipts.dropFirst().map(\.handle)
            result.possibleCopies = found.unasked
            return Finding(result: .store(result), removal: removalOfUnread(data))
        case .retrieve(let data):
            let destination = RetrieveOperation(data: data)
            return Finding(result: await destination.standingResult(spool: spool, blocking: blocking))
        case .delete, .stat, .list, .verify, .copy, .presign, .retain, .check, .capacity:
            return Finding()
        }
    }

    private func removalOfUnread(_ data: StoreData) -> (any SourceRemoval)? {
        guard data.removeSource else { return nil }
        switch data.source {
        case .file(let path): return SpoolSource(path: path, roots: spool, blocking: blocking).removal
        case .handle: return UnreadArchive()
        case .inline, .url: return nil
        }
    }
}
