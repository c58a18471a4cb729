/// Runs `body` to its end although the task around it was cancelled.
///
/// For what must be tidied up then, and ends soon by limits of its own: whoever cancelled waits for it.
package func shielded<Value: Sendable>(_ body: @escaping @Sendable () async -> Value) async -> Value {
    await Task { await body() }.value
}
