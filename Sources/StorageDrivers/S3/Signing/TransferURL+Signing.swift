import Transfer

extension TransferURL {
    /// The value of `Host` that goes with it: without the port that its scheme has anyway.
    var hostHeader: String {
        let name = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
        switch (scheme, port) {
        case ("http", 80), ("https", 443): return name
        default: return "\(name):\(port)"
        }
    }
}

extension TransferHeaders {
    mutating func remove(_ names: [String]) {
        guard names.contains(where: { self[$0] != nil }) else { return }
        let names = names.map { $0.lowercased() }
        var rest = TransferHeaders()
        for field in fields where !names.contains(field.name.lowercased()) { rest.add(field.name, field.value) }
        self = rest
    }

    /// The only field of that name from now on.
    mutating func set(_ name: String, _ value: String) {
        remove([name])
        add(name, value)
    }

    /// The encodings that there are, within `outer`, which is named first and once.
    func contentEncoding(within outer: String) -> String {
        let inner = values(of: "Content-Encoding").flatMap { $0.split(separator: ",") }
            .map { String($0.filter { $0 != " " && $0 != "\t" }) }.filter { !$0.isEmpty && $0 != outer }
        return ([outer] + inner).joined(separator: ",")
    }
}
