/// The parameters of a query in the one order and form that is signed.
///
/// It can be sent as it is: it means what the query meant that it was read from.
struct CanonicalQuery: Equatable {
    private struct Parameter: Equatable {
        var name: String
        var value: String
    }

    /// Encoded.
    private var parameters: [Parameter] = []

    init() {}

    /// The query of a URL as it stands on the wire.
    init(wire: String?) {
        for part in (wire ?? "").utf8.split(separator: UInt8(ascii: "&")) {
            let halves = part.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            let encoded = halves.map {
                AWSEncoding.encode(PercentDecoding.decode($0, plusIsSpace: true), keepingSlash: false)
            }
            parameters.append(Parameter(name: encoded[0], value: encoded.count == 2 ? encoded[1] : ""))
        }
    }

    /// Takes a parameter as it is meant.
    mutating func add(_ name: String, _ value: String) {
        parameters.append(
            Parameter(
                name: AWSEncoding.encode(name, keepingSlash: false),
                value: AWSEncoding.encode(value, keepingSlash: false)))
    }

    /// Whether no two parameters share a name that begins so.
    func hasDistinctNames(from prefix: String) -> Bool {
        let names = parameters.map { $0.name.lowercased() }.filter { $0.hasPrefix(prefix.lowercased()) }
        return Set(names).count == names.count
    }

    /// By name, then value; one without a value has an empty one.
    var text: String {
        parameters.sorted { left, right in
            left.name == right.name
                ? left.value.utf8.lexicographicallyPrecedes(right.value.utf8)
                : left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
        }.map { "\($0.name)=\($0.value)" }.joined(separator: "&")
    }
}
