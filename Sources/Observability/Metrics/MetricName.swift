/// A metric's name with its rendered labels.
package struct MetricName: Sendable, Hashable, Comparable {
    package let name: String
    /// Each as it stands in the text format: `driver="archive"`.
    package let labels: [String]

    /// Checks and renders a name and its labels.
    package init(_ name: String, _ labels: [(String, String)] = []) {
        precondition(Self.isMetric(name), "no name of a metric: \(name)")
        self.name = name
        self.labels = labels.map { label, value in
            precondition(Self.isLabel(label), "no name of a label: \(label)")
            return "\(label)=\"\(Self.escaped(value))\""
        }
    }

    package static func < (left: Self, right: Self) -> Bool {
        (left.name, left.labels.joined(separator: ",")) < (right.name, right.labels.joined(separator: ","))
    }

    /// Whether Prometheus takes it as the name of a metric: `[a-zA-Z_:][a-zA-Z0-9_:]*`.
    package static func isMetric(_ name: String) -> Bool {
        isName(name) { $0 == UInt8(ascii: ":") }
    }

    /// Whether Prometheus takes it as the name of a label: `[a-zA-Z_][a-zA-Z0-9_]*`, not beginning with `__`.
    package static func isLabel(_ name: String) -> Bool {
        isName(name) { _ in false } && !name.utf8.starts(with: "__".utf8) && name != "le"
    }

    private static func isName(_ name: String, _ isExtra: (UInt8) -> Bool) -> Bool {
        guard let first = name.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
            return false
        }
        return name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                true
            default: isExtra(byte)
            }
        }
    }

    private static func escaped(_ value: String) -> String {
        guard value.utf8.contains(where: { $0 == 0x5C || $0 == 0x22 || $0 == 0x0A }) else { return value }
        var bytes: [UInt8] = []
        for byte in value.utf8 {
            switch byte {
            case 0x5C: bytes += [0x5C, 0x5C]
            case 0x22: bytes += [0x5C, 0x22]
            case 0x0A: bytes += [0x5C, UInt8(ascii: "n")]
            default: bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
