import Storage
import StowageContract

/// Says which copies of an archive stand that was found and not stored just now.
struct CopyAudit: Sendable {
    let search: SlipSearch
    let api: StorageAPI

    /// What is known of the copies that the task wants on `drivers`, in their order; its archive stands on `holder`.
    ///
    /// A driver that the configuration no longer allows is not asked, and not passed over either.
    func copies(
        _ drivers: [DriverName], of received: ReceivedTask, from holder: DriverName
    ) async -> [CopyOutcome] {
        let settings = api.settings(of: received.sentTo)
        let allowed = drivers.filter { settings?.allows($0) ?? true }
        let finding =
            allowed.isEmpty ? SlipSearch.Finding() : await search.search(received.task, on: allowed)
        return drivers.map { driver in
            guard allowed.contains(driver) else { return CopyOutcome(driver, .failure(refusal), followUp: nil) }
            let receipt = finding.receipts.first { $0.handle.driver == driver }
            return CopyOutcome(
                driver, receipt.map { .success($0) } ?? .failure(missing(on: driver, finding)),
                followUp: FollowUp.id(of: received.task.id, driver, from: holder, api: api))
        }
    }

    private var refusal: StorageError {
        StorageError(.permissionDenied, .permanent, "the driver is no peer", at: .task)
    }

    private func missing(on driver: DriverName, _ finding: SlipSearch.Finding) -> StorageError {
        finding.unasked.contains(driver)
            ? StorageError(.unavailable, .transient(after: nil), "the driver could not be asked for the copy")
            : StorageError(.notFound, .transient(after: nil), "the copy does not stand")
    }
}
