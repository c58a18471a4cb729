/// The text format of Prometheus while it is written.
struct ExpositionText {
    private(set) var bytes: [UInt8] = []

    mutating func header(_ name: String, _ kind: MetricKind, help: String) {
        if !help.isEmpty {
            append("# HELP \(name) ")
            for byte in help.utf8 {
                switch byte {
                case 0x5C: bytes += [0x5C, 0x5C]
                case 0x0A: bytes += [0x5C, UInt8(ascii: "n")]
                default: bytes.append(byte)
                }
            }
            append("\n")
        }
        append("# TYPE \(name) \(kind.rawValue)\n")
    }

    mutating func sample(_ name: MetricName, _ value: Int64) {
        series(name.name, "", name.labels)
        append("\(value)\n")
    }

    mutating func samples(_ name: MetricName, _ histogram: Histogram) {
        let (cumulative, sum) = histogram.reading
        let bounds = histogram.bounds
        for (bound, count) in zip(bounds.values.map { number($0, bounds.unit) } + ["+Inf"], cumulative) {
            series(name.name, "_bucket", name.labels + ["le=\"\(bound)\""])
            append("\(count)\n")
        }
        series(name.name, "_sum", name.labels)
        append("\(number(sum, bounds.unit))\n")
        series(name.name, "_count", name.labels)
        append("\(cumulative.last ?? 0)\n")
    }

    private mutating func series(_ name: String, _ suffix: String, _ labels: [String]) {
        append(name)
        append(suffix)
        if !labels.isEmpty { append("{\(labels.joined(separator: ","))}") }
        append(" ")
    }

    /// Nanoseconds as seconds without rounding: 1500000 is `0.0015`.
    private func number(_ value: Int64, _ unit: HistogramBounds.Unit) -> String {
        guard unit == .seconds else { return String(value) }
        let (seconds, fraction) = value.magnitude.quotientAndRemainder(dividingBy: 1_000_000_000)
        let sign = value < 0 ? "-" : ""
        guard fraction != 0 else { return "\(sign)\(seconds)" }
        var digits = String(fraction)
        digits = String(repeating: "0", count: 9 - digits.utf8.count) + digits
        while digits.utf8.last == UInt8(ascii: "0") { digits.removeLast() }
        return "\(sign)\(seconds).\(digits)"
    }

    private mutating func append(_ text: String) {
        bytes.append(contentsOf: text.utf8)
    }
}
