import Glibc

/// Measures the real worker in this process: fills a queue first, then times its being worked off.
///
///     Benchmarks noop  --url URL --count N [--prefix P]              `stat` tasks of 1 KiB on the memory driver
///     Benchmarks store --url URL --count N [--prefix P] --path DIR   durable stores of 4 KiB on the local driver
///     Benchmarks files DIR DRIVER SLOTS                              a store of each file, with no broker but its own
///
/// Prints `rate=… cpu_us=…`: tasks a second from the first `basic.consume` to the last acknowledgement, and the
/// processor time of this process for each. The success events stay in the queue `P.benchmark-events`.
@main struct BenchmarkCommand {
    static func main() async {
        do {
            print(try await figures(Array(CommandLine.arguments.dropFirst())).line)
        } catch {
            let line = "Benchmarks: \(error)\n"
            _ = write(STDERR_FILENO, line, line.utf8.count)
            exit(1)
        }
    }

    private static func figures(_ words: [String]) async throws -> BenchmarkFigures {
        if words.count == 4, words[0] == "files", let slots = Int(words[3]), slots > 0 {
            return try await FilesBenchmark(folder: words[1], driver: words[2], slots: slots).run()
        }
        return try await WorkerBenchmark(BenchmarkArguments(words)).run()
    }
}
