/// Why a task's path cannot be used.
package struct SpoolError: Error, Sendable, Equatable {
    /// The kinds of refusal and failure.
    package enum Reason: Sendable, Equatable {
        /// The path is not absolute, leads outside the roots, or plays a trick.
        case refused
        /// There is nothing.
        case missing
        /// It is a folder, a pipe, a device or a symbolic link.
        case notRegular
        /// Other bytes stand at the destination.
        case occupied
        /// The system refused or failed; `errno` says how.
        case failed
    }

    package var reason: Reason
    /// A constant sentence.
    package var message: String
    /// What the system said; 0: nothing.
    package var errno: Int32

    package init(_ reason: Reason, _ message: StaticString, errno: Int32 = 0) {
        self.reason = reason
        self.message = message.description
        self.errno = errno
    }
}
