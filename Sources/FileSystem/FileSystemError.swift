import CLinux
import Glibc

/// A system call that failed.
package struct FileSystemError: Error, Sendable, Equatable, CustomStringConvertible {
    /// `ENOSPC` and the like.
    package var errno: Int32
    /// The call.
    package var operation: String

    package init(errno: Int32, operation: StaticString) {
        self.errno = errno
        self.operation = operation.description
    }

    /// The call and what the C library says of the error.
    package var description: String { operation + ": " + String(cString: strerror(errno)) }
}

/// Makes a system call again while signals interrupt it.
///
/// - Throws: what `errno` says where the call returns a negative number.
@inline(__always)
@discardableResult
func system<Number: BinaryInteger>(
    _ operation: StaticString, _ call: () -> Number
) throws(FileSystemError) -> Number {
    while true {
        let result = call()
        if result >= 0 { return result }
        let code = Glibc.errno
        if code != EINTR { throw FileSystemError(errno: code, operation: operation) }
    }
}
