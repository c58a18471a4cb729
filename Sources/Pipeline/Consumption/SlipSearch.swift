package import Storage
package import StowageContract

/// Looks for the archive of a `store` on every driver that may hold it.
///
/// Deliveries of one task can cross: a driver that answered with an error, or whose worker was killed, may have stored
/// the archive after all. What is announced is what stands.
package struct SlipSearch: Sendable {
    private let api: StorageAPI
    private let watch: TaskWatch?

    /// A search; with `watch` a driver that hangs counts as one that cannot be asked.
    package init(api: StorageAPI, watch: TaskWatch? = nil) {
        self.api = api
        self.watch = watch
    }

    /// What was found, in the order of the slip.
    package struct Finding: Sendable {
        package var receipts: [StoreReceipt] = []
        /// Drivers that could not be asked.
        package var unasked: [DriverName] = []

        package init() {}
    }

    /// Asks each of `drivers` for the archive that `task` makes.
    package func search(_ task: StorageTask, on drivers: [DriverName]) async -> Finding {
        var finding = Finding()
        guard case .store(let data) = task.data else { return finding }
        for driver in drivers {
            do throws(StorageError) {
                let look: @Sendable (TransferMeter?) async throws(StorageError) -> StoreReceipt? = {
                    [api] (meter) async throws(StorageError) in
                    let storage = try await api.storage(driver)
                    var request = data.request(taskID: task.id, driver: driver, mayHaveRunBefore: true)
                    request.meter = meter
                    return try await storage.lookup(request)
                }
                let receipt: StoreReceipt?
                if let watch {
                    receipt = try await watch.look(for: task, on: driver, look)
                } else {
                    receipt = try await look(nil)
                }
                if let receipt { finding.receipts.append(receipt) }
            } catch {
                // A conflict is an answer: something else lies there, so this task's archive does not.
                if error.code != .conflict { finding.unasked.append(driver) }
            }
        }
        return finding
    }
}
