import Glibc

/// Measures the real worker in this process: fills a queue first, then times its being worked off.
///
///     Benchmarks noop  --url URL --count N [--prefix P]              `stat` tasks of 1 KiB on the memory driver
///     Benchmarks store --url URL --count N [--prefix P] --path DIR   durable stores of 4 KiB on the local driver
///
/// Prints `rate=… cpu_us=…`: tasks a second from the first `basic.consume` to the last acknowledgement, and the
/// processor time of this process for each. The success events stay in the queue `P.benchmark-events`.
@main struct BenchmarkCommand {
    static func main() async {
        do {
            let arguments = try BenchmarkArguments(Array(CommandLine.arguments.dropFirst()))
            let figures = try await WorkerBenchmark(arguments).run()
            print(figures.line)
        } catch {
            let line = "Benchmarks: \(error)\n"
            _ = write(STDERR_FILENO, line, line.utf8.count)
            exit(1)
        }
    }
}
