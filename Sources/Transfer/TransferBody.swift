/// The bytes of a request, pulled one chunk after the other.
package protocol TransferBody: Sendable {
    /// The next chunk, `nil` at the end; called again only when it has returned.
    ///
    /// Chunks of 64 to 256 KiB serve best: one is held beside what waits to be sent. Returns soon when its task is
    /// cancelled: the transfer ended meanwhile.
    func next() async throws -> [UInt8]?
}
