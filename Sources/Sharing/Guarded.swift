public import Glibc

/// A value that several threads share: whoever works on it holds its lock.
///
/// The lock is the system's own, which the thread sanitizer understands; it does not see into the slow path of
/// `Synchronization.Mutex`, and reports every contended one as a race. Not recursive.
///
/// `@unchecked Sendable`: `value` is touched only with `mutex` held; both have stable addresses, in one block of memory,
/// until `deinit`, which runs when nobody refers to this any longer.
@usableFromInline
package struct Guarded<Value: ~Copyable>: ~Copyable, @unchecked Sendable {
    @usableFromInline let mutex: UnsafeMutablePointer<pthread_mutex_t>
    @usableFromInline let value: UnsafeMutablePointer<Value>

    @inlinable
    package init(_ value: consuming sending Value) {
        let alignment = MemoryLayout<Value>.alignment
        let offset = (MemoryLayout<pthread_mutex_t>.size + alignment - 1) & ~(alignment - 1)
        let block = UnsafeMutableRawPointer.allocate(
            byteCount: offset + MemoryLayout<Value>.size, alignment: max(alignment, 16))
        self.mutex = block.bindMemory(to: pthread_mutex_t.self, capacity: 1)
        self.value = (block + offset).bindMemory(to: Value.self, capacity: 1)
        pthread_mutex_init(mutex, nil)
        self.value.initialize(to: value)
    }

    @inlinable
    deinit {
        value.deinitialize(count: 1)
        pthread_mutex_destroy(mutex)
        UnsafeMutableRawPointer(mutex).deallocate()
    }

    /// Returns what `body` makes of the value, which nobody else sees meanwhile.
    @inlinable
    package borrowing func withLock<Result: ~Copyable, Failure: Error>(
        _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(&value.pointee)
    }
}
