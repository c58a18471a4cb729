/// How long a server asks to be left alone (RFC 9110, section 10.2.3); pure.
package enum RetryAfter {
    /// No server has more time than this.
    package static let longest: Duration = .seconds(86_400)

    /// `nil`: it does not say, or nothing that makes sense; `now` in milliseconds since 1970.
    package static func wait(after head: TransferHead, now: Int64) -> Duration? {
        guard let text = head.headers["Retry-After"], !text.isEmpty else { return nil }
        if text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            // More digits than fit are more than a day.
            return Int64(text).map { min(.seconds(min($0, 86_400)), longest) } ?? longest
        }
        guard let until = HTTPDate.milliseconds(text, now: now) else { return nil }
        // By the server's own clock, where it shows it.
        let shown = head.headers["Date"].flatMap { HTTPDate.milliseconds($0, now: now) } ?? now
        return min(max(.milliseconds(until - shown), .zero), longest)
    }
}
