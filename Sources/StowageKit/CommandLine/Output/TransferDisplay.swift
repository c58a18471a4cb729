import ServiceRuntime

/// The progress of transfers on the last line of a terminal; nothing where nobody looks.
struct TransferDisplay {
    private struct Mark {
        var bytes: Int64
        var moment: Duration
    }

    private let console: Console
    private let time: TimeSource
    private var marks: [String: Mark] = [:]
    private var isShown = false

    init(console: Console, time: TimeSource) {
        self.console = console
        self.time = time
    }

    /// Shows how far one transfer has come.
    mutating func show(_ label: String, id: String, task: String, done: Int64, total: Int64?) {
        guard console.errorOutput.isInteractive else { return }
        let now = time.monotonic
        var rate: Double?
        if let mark = marks[task], now > mark.moment, done >= mark.bytes {
            let elapsed = Double((now - mark.moment).milliseconds) / 1000
            rate = elapsed > 0 ? Double(done - mark.bytes) / elapsed : nil
        }
        marks[task] = Mark(bytes: done, moment: now)
        let line = ProgressLine(label: label, bytesDone: done, bytesTotal: total, bytesPerSecond: rate)
        // The last column stays free: writing into it wraps on some terminals.
        console.status(line.rendered(width: console.errorOutput.width - 1))
        isShown = true
    }

    /// Takes the line away before another is written.
    mutating func clear() {
        if isShown { console.status("") }
        isShown = false
    }
}
