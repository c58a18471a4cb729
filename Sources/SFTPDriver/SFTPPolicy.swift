import Glibc

/// What the configuration does not say.
package struct SFTPPolicy: Sendable {
    /// After so long without a byte, or room for one, a server has stalled.
    package var stall: Duration
    /// The socket of the agent that is asked where neither password nor key is configured.
    package var agent: String?
    /// Which addresses, 4 bytes or 16 in network order, may be connected to.
    package var allows: @Sendable ([UInt8]) -> Bool
    /// Whether hard links are tried where archives will lie; else what the server says of itself is believed, and nothing
    /// is written.
    package var triesLinks = true

    package init(
        stall: Duration = .seconds(60), agent: String? = getenv("SSH_AUTH_SOCK").map { String(cString: $0) },
        allows: @escaping @Sendable ([UInt8]) -> Bool = { _ in true }
    ) {
        self.stall = stall
        self.agent = agent
        self.allows = allows
    }
}
