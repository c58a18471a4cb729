import StowageContract
import Transfer

/// How long a server asks to be left alone (RFC 9110, section 10.2.3); pure.
enum RetryAfter {
    /// No server has more time than this.
    static let longest: Duration = .seconds(86_400)

    /// `nil`: it does not say, or nothing that makes sense.
    static func wait(after head: TransferHead, now: Timestamp) -> Duration? {
        guard let text = head.headers["Retry-After"], !text.isEmpty else { return nil }
        if text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            // More digits than fit are more than a day.
            return Int64(text).map { min(.seconds(min($0, 86_400)), longest) } ?? longest
        }
        guard let until = HTTPDate.parse(text, now: now) else { return nil }
        // By the server's own clock, where it shows it.
        let shown = head.headers["Date"].flatMap { HTTPDate.parse($0, now: now) } ?? now
        let (milliseconds, overflows) = until.millisecondsSinceEpoch.subtractingReportingOverflow(
            shown.millisecondsSinceEpoch)
        return overflows ? nil : min(max(.milliseconds(milliseconds), .zero), longest)
    }
}
