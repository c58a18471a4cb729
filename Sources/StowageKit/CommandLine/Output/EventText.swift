import StowageContract

/// Events as lines for people.
enum EventText {
    /// One line: time, outcome, what it is about, and what there is to say.
    static func line(_ event: StowageEvent) -> String {
        switch event {
        case .task(let event): line(event)
        case .driver(let event): line(event)
        }
    }

    static func line(_ event: TaskEvent) -> String {
        let operation = event.operation?.rawValue ?? "task"
        let place = event.driver.map { " on \($0)" } ?? ""
        let start = "\(clock(event.time))  \(event.type.outcome.padded(to: 11))  \(operation)\(place)  \(event.task)"
        let more = particulars(event)
        return more.isEmpty ? start : start + "  " + more
    }

    static func line(_ event: DriverEvent) -> String {
        let start = "\(clock(event.time))  \(event.type.outcome.padded(to: 11))  driver \(event.driver)"
        switch event.happening {
        case .down(let since, let probe):
            return start + "  since \(since.text)" + (probe.error.map { ": " + sentence($0) } ?? "")
        case .up(let since, let probe): return start + "  since \(since.text), probed in \(probe.milliseconds) ms"
        case .spaceLow(let capacity, let minimum):
            let free = capacity.freeBytes.map { ByteText.text($0) } ?? "an unknown amount"
            return start + "  \(free) free, \(ByteText.text(minimum)) are wanted"
        }
    }

    /// `conflict: the key holds other bytes`.
    static func sentence(_ error: ErrorReport) -> String {
        let message = error.message.hasSuffix(".") ? String(error.message.dropLast()) : error.message
        return "\(error.code.rawValue): \(message)"
    }

    private static func particulars(_ event: TaskEvent) -> String {
        switch event.happening {
        case .succeeded(let result, let milliseconds, _):
            let text = ResultText.short(result)
            return (text.isEmpty ? "" : text + ", ") + "\(milliseconds) ms"
        case .failed(let error, let attempts, _):
            return sentence(error) + (attempts.count > 1 ? " (after \(attempts.count) attempts)" : "")
        case .cancelled(let by): return by.map { "by \($0)" } ?? ""
        case .retrying(let error, let at): return "\(sentence(error)); again at \(clock(at))"
        case .failedOver(let error, let from, let to): return "\(from) → \(to): \(sentence(error))"
        case .progress(let done, let total):
            return ByteText.text(done) + (total.map { " of " + ByteText.text($0) } ?? "")
        case .sourceKept(let reason): return reason
        }
    }

    /// `12:34:56Z`.
    private static func clock(_ moment: Timestamp) -> String { String(moment.text.dropFirst(11).prefix(8)) + "Z" }
}
