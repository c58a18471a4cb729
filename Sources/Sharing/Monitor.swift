public import Glibc

/// A value that several threads share, and that threads wait on.
///
/// `@unchecked Sendable`: `value` is touched only with `mutex` held; all three have stable addresses until `deinit`, which
/// runs when nobody refers to this any longer.
@usableFromInline
package struct Monitor<Value>: ~Copyable, @unchecked Sendable {
    @usableFromInline let mutex: UnsafeMutablePointer<pthread_mutex_t>
    @usableFromInline let condition: UnsafeMutablePointer<pthread_cond_t>
    @usableFromInline let value: UnsafeMutablePointer<Value>

    @inlinable
    package init(_ value: consuming sending Value) {
        self.mutex = .allocate(capacity: 1)
        self.condition = .allocate(capacity: 1)
        self.value = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
        self.value.initialize(to: value)
    }

    @inlinable
    deinit {
        value.deinitialize(count: 1)
        value.deallocate()
        pthread_cond_destroy(condition)
        condition.deallocate()
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    /// Returns what `body` makes of the value, which nobody else sees meanwhile.
    @inlinable
    package borrowing func withLock<Result>(_ body: (inout sending Value) -> sending Result) -> sending Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body(&value.pointee)
    }

    /// Blocks the thread until `body` finds something in the value; asked at once, and again after every `signal`.
    @inlinable @discardableResult
    package borrowing func wait<Result: Sendable>(until body: (inout sending Value) -> Result?) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while true {
            if let result = body(&value.pointee) { return result }
            pthread_cond_wait(condition, mutex)
        }
    }

    /// Lets one thread that waits look again.
    @inlinable
    package borrowing func signal() { pthread_cond_signal(condition) }
}
