package import FileSystem
package import ServiceRuntime
package import Storage
package import StowageContract

/// Looks once more for the result of a task that would otherwise be announced as failed.
package struct LastLook: Sendable {
    private let api: StorageAPI
    private let search: SlipSearch
    private let spool: SpoolRoots
    private let blocking: BlockingPool
    private let locations: Locations
    private let watch: TaskWatch?

    /// A look; with `watch` nothing that hangs holds it up.
    package init(
        api: StorageAPI, spool: SpoolRoots, blocking: BlockingPool, locations: Locations = Locations(),
        watch: TaskWatch? = nil
    ) {
        self.api = api
        self.watch = watch
        self.search = SlipSearch(api: api, watch: watch)
        self.spool = spool
        self.blocking = blocking
        self.locations = locations
    }

    /// What a look has found.
    package struct Finding: Sendable {
        /// `nil`: nothing stands where anybody could be asked.
        package var result: TaskResult?
        /// Says of a source that was to be removed that it was not read and so stays; removes the original of a copy, of
        /// which the manifest says what it is.
        package var removal: (any SourceRemoval)?
        /// Without a result: drivers that may hold the archive but could not be asked.
        package var unasked: [DriverName] = []
    }

    /// Looks for what the task makes: an archive on one of `drivers` with its copies, the archive of a
    /// `copy`, or what a `retrieve` has brought.
    package func look(for received: ReceivedTask, on drivers: [DriverName]) async -> Finding {
        let task = received.task
        switch task.data {
        case .store(let data):
            let found = await search.search(task, on: drivers)
            guard let receipt = found.receipts.first else { return Finding(unasked: found.unasked) }
            var result = StoreResult(receipt)
            result.otherCopies = found.receipts.dropFirst().map(\.handle)
            result.possibleCopies = found.unasked
            let audit = CopyAudit(search: search, api: api)
            result.copies = await audit.copies(data.copies, of: received, from: receipt.handle.driver)
            return Finding(result: .store(result), removal: removalOfUnread(data))
        case .retrieve(let data):
            let destination = RetrieveOperation(data: data)
            guard let watch else {
                return Finding(
                    result: await destination.standingResult(spool: spool, blocking: blocking, locations: locations))
            }
            // What hangs here is the destination; the driver is not asked.
            let result = try? await watch.look(for: task, on: nil) { [spool, blocking, locations] meter in
                await destination.standingResult(
                    spool: spool, blocking: blocking, locations: locations, meter: meter)
            }
            return Finding(result: result)
        case .copy(let data):
            guard api.settings(of: received.sentTo)?.allows(data.to) ?? true else { return Finding(unasked: [data.to]) }
            let operation = CopyOperation(data: data)
            var look: (result: TaskResult?, unasked: [DriverName]) = (nil, [data.to])
            if let watch {
                let ended = try? await watch.look(for: task, on: data.to) { [api] _ in
                    await operation.lastLook(api, task.id)
                }
                if let ended { look = ended }
            } else {
                look = await operation.lastLook(api, task.id)
            }
            guard let result = look.result else { return Finding(unasked: look.unasked) }
            return Finding(result: result, removal: operation.removal(api, task.id, task.driver, result))
        case .delete, .stat, .list, .verify, .presign, .retain, .check, .capacity:
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
