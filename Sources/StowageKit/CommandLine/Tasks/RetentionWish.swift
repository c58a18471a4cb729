import StowageContract

extension ParsedCommand {
    /// The retention that an option asks for as `MODE:UNTIL`; `nil`: not given.
    func retention(_ name: String) throws(UsageError) -> Retention? {
        guard let text = string(name) else { return nil }
        guard let wish = Self.retention(in: text) else {
            throw error(
                "--\(name) must be governance:UNTIL or compliance:UNTIL with a date or an RFC 3339 time, "
                    + "such as governance:2029-11-20T00:00:00Z")
        }
        return wish
    }

    private static func retention(in text: String) -> Retention? {
        guard let colon = text.firstIndex(of: ":"), let mode = Retention.Mode(rawValue: String(text[..<colon])) else {
            return nil
        }
        let moment = String(text[text.index(after: colon)...])
        let isDate = moment.utf8.count == 10
        return Timestamp(isDate ? moment + "T00:00:00Z" : moment).map { Retention(mode: mode, until: $0) }
    }
}
