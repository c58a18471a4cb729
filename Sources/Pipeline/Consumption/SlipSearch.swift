package import Storage
package import StowageContract

/// Looks for the archive of a `store` on every driver that may hold it.
///
/// Deliveries of one task can cross: a driver that answered with an error, or whose worker was killed, may have stored
/// the archive after all. What is announced is what stands.
package struct SlipSearch: Sendable {
    private let api: StorageAPI

    package init(api: StorageAPI) {
        self.api = api
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
                let storage = try await api.storage(driver)
                let request = data.request(taskID: task.id, driver: driver, mayHaveRunBefore: true)
                if let receipt = try await storage.lookup(request) { finding.receipts.append(receipt) }
            } catch {
                // A conflict is an answer: something else lies there, so this task's archive does not.
                if error.code != .conflict { finding.unasked.append(driver) }
            }
        }
        return finding
    }
}
