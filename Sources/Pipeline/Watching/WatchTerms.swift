package import StowageContract

/// What is granted to work while it runs.
package struct WatchTerms: Sendable {
    /// The longest time without a byte moved.
    package var noProgress: Duration
    /// The wall.
    package var deadline: Timestamp?
    /// Between two reports of how far it has come; `nil`: nobody asked.
    package var progress: Duration?
    /// How long it may take, once told to stop, before it is left behind.
    package var patience: Duration

    package init(
        noProgress: Duration, deadline: Timestamp? = nil, progress: Duration? = nil,
        patience: Duration = .seconds(30)
    ) {
        self.noProgress = noProgress
        self.deadline = deadline
        self.progress = progress
        self.patience = patience
    }
}
