/// How long a transfer may take.
///
/// Whatever waits for a connection slot waits besides.
package struct TransferLimits: Sendable, Equatable {
    /// For name, connection and TLS together.
    package var connect: Duration
    /// Without a byte in either direction while nobody here holds the transfer up.
    package var stall: Duration
    /// From the first step to the last byte; `nil`: as long as it moves.
    package var total: Duration?

    package init(
        connect: Duration = .seconds(10), stall: Duration = .seconds(60), total: Duration? = nil
    ) {
        self.connect = connect
        self.stall = stall
        self.total = total
    }
}
