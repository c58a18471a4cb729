/// What the command line asks for.
struct BenchmarkArguments {
    /// Says what is wrong with the command line.
    struct Invalid: Error, CustomStringConvertible {
        let description: String
    }

    var workload: Workload
    var url = "amqp://guest:guest@127.0.0.1:5672/%2f"
    var prefix = "benchmark"
    var count = 20_000
    /// Where the stores go.
    var path = ""

    init(_ words: [String]) throws(Invalid) {
        guard let name = words.first, let workload = Workload(rawValue: name) else {
            throw Invalid(description: "usage: Benchmarks noop|store --url URL --count N [--prefix P] [--path DIR]")
        }
        self.workload = workload
        var rest = words.dropFirst()
        while let option = rest.popFirst() {
            guard let value = rest.popFirst() else { throw Invalid(description: "\(option) needs a value") }
            switch option {
            case "--url": url = value
            case "--prefix": prefix = value
            case "--path": path = value
            case "--count":
                guard let number = Int(value), number > 0 else {
                    throw Invalid(description: "--count must be a number above 0, not '\(value)'")
                }
                count = number
            default: throw Invalid(description: "there is no option \(option)")
            }
        }
        if workload == .store, path.isEmpty { throw Invalid(description: "store needs --path DIR") }
    }
}
