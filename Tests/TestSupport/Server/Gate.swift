import Sharing

/// Holds threads until it is opened.
package final class Gate: Sendable {
    private let isOpen = Monitor(false)

    package init() {}

    package func pass() {
        isOpen.wait { isOpen in isOpen ? true : nil }
        // The next one waits for the same.
        isOpen.signal()
    }

    package func open() {
        isOpen.withLock { $0 = true }
        isOpen.signal()
    }
}
