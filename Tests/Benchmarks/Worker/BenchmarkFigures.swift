import Glibc

/// What a run came to.
struct BenchmarkFigures {
    var count: Int
    var time: Duration
    /// Of this process, while it worked.
    var processorSeconds: Double

    /// `rate=… cpu_us=… tasks=… seconds=…`, as the other contenders print it.
    var line: String {
        let seconds = Double(time.components.seconds) + Double(time.components.attoseconds) / 1e18
        let rate = Int((Double(count) / seconds).rounded())
        return "rate=\(rate) cpu_us=\(tenths(processorSeconds / Double(count) * 1e6)) tasks=\(count)"
            + " seconds=\(tenths(seconds))"
    }

    private func tenths(_ value: Double) -> Double { (value * 10).rounded() / 10 }

    /// User and system time of this process so far.
    static var processorSeconds: Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return [usage.ru_utime, usage.ru_stime].map { Double($0.tv_sec) + Double($0.tv_usec) / 1e6 }.reduce(0, +)
    }
}
