import Storage
import StowageContract

/// Says which copies of an archive stand that was found and not stored just now.
struct CopyAudit: Sendable {
    let search: SlipSearch
    let api: StorageAPI

    /// What is known of the copies that `task` wants on `drivers`; its archive stands on `holder`.
    func copies(
        _ drivers: [DriverName], of task: StorageTask, from holder: DriverName
    ) async -> [CopyOutcome] {
        guard !drivers.isEmpty else { return [] }
        let finding = await search.search(task, on: drivers)
        return drivers.map { driver in
            let receipt = finding.receipts.first { $0.handle.driver == driver }
            return CopyOutcome(
                driver, receipt.map { .success($0) } ?? .failure(missing(on: driver, finding)),
                followUp: FollowUp.id(of: task.id, driver, from: holder, api: api))
        }
    }

    private func missing(on driver: DriverName, _ finding: SlipSearch.Finding) -> StorageError {
        finding.unasked.contains(driver)
            ? StorageError(.unavailable, .transient(after: nil), "the driver could not be asked for the copy")
            : StorageError(.notFound, .transient(after: nil), "the copy does not stand")
    }
}
