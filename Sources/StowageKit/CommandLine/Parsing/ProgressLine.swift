/// How far a transfer has come, as one line of a terminal.
struct ProgressLine: Sendable, Equatable {
    /// What is transferred.
    var label: String
    var bytesDone: Int64
    /// `nil`: nobody knows.
    var bytesTotal: Int64?
    var bytesPerSecond: Double?

    /// The line in at most `width` columns, without a line feed.
    func rendered(width: Int) -> String {
        let numbers = numbers
        let room = width - numbers.count - 2
        guard room > 0 else { return String(numbers.prefix(max(0, width))) }
        let bar = bytesTotal == nil ? 0 : min(30, max(0, room - 14))
        // A bar of fewer columns says nothing.
        guard bar >= 8 else { return shortened(label, to: room) + "  " + numbers }
        return shortened(label, to: room - bar - 2).padded(to: room - bar - 2) + "  " + self.bar(bar) + "  " + numbers
    }

    /// Between 0 and 1; an empty transfer is complete.
    private var fraction: Double {
        guard let bytesTotal else { return 0 }
        return bytesTotal <= 0 ? 1 : min(1, max(0, Double(bytesDone) / Double(bytesTotal)))
    }

    private func bar(_ width: Int) -> String {
        let inner = width - 2
        let full = Int(fraction * Double(inner))
        return "[" + String(repeating: "#", count: full) + String(repeating: "-", count: inner - full) + "]"
    }

    private var numbers: String {
        var parts: [String] = []
        if bytesTotal != nil {
            // Rounded down: 100 % means done.
            let percent = String(Int(fraction * 100))
            parts.append(String(repeating: " ", count: 3 - percent.count) + percent + " %")
        }
        parts.append(ByteText.text(bytesDone) + (bytesTotal.map { " of " + ByteText.text($0) } ?? ""))
        if let bytesPerSecond, bytesPerSecond.isFinite, bytesPerSecond >= 0 {
            parts.append(ByteText.text(Int64(min(bytesPerSecond, 1e18))) + "/s")
        }
        return parts.joined(separator: "  ")
    }

    /// The end of a name tells more than its beginning.
    private func shortened(_ text: String, to width: Int) -> String {
        let clean = String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { scalar in
                    switch scalar.properties.generalCategory {
                    case .control, .format, .lineSeparator, .paragraphSeparator: "?"
                    default: scalar
                    }
                }))
        guard clean.count > width else { return clean }
        return width > 1 ? "…" + clean.suffix(width - 1) : String(clean.prefix(max(0, width)))
    }
}

/// Sizes for people.
enum ByteText {
    /// `0 B`, `999 B`, `1.0 KiB`, `70.0 MiB`.
    static func text(_ bytes: Int64) -> String {
        let units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
        guard bytes >= 1024 else { return "\(max(0, bytes)) B" }
        var tenths = Double(bytes) * 10 / 1024
        var unit = 0
        // From 1023.95 on it would be shown as 1024.0.
        while tenths.rounded() >= 10_240, unit < units.count - 1 {
            tenths /= 1024
            unit += 1
        }
        let rounded = Int64(tenths.rounded())
        return "\(rounded / 10).\(rounded % 10) \(units[unit])"
    }
}
