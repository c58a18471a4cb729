import StowageContract

/// Says why a source stays: not every wanted copy stands.
struct MissingCopies: SourceRemoval {
    private let drivers: [DriverName]

    /// `nil`: they all stand.
    init?(_ result: StoreResult) {
        drivers = result.copies.compactMap { if case .missing(let driver, _, _) = $0 { driver } else { nil } }
        if drivers.isEmpty { return nil }
    }

    func remove() async -> String? {
        "no copy stands on " + drivers.map(\.text).joined(separator: ", ")
    }
}
