import Glibc

/// Stops processes for a while, as a machine that is busy would: their clocks and everybody else's go on.
package func pause(_ processes: [Int32], for duration: Duration) async throws {
    for process in processes { kill(process, SIGSTOP) }
    defer { for process in processes { kill(process, SIGCONT) } }
    try await ContinuousClock().sleep(for: duration)
}
