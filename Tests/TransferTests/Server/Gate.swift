import Sharing

/// Holds threads until it is opened.
final class Gate: Sendable {
    private let isOpen = Monitor(false)

    func pass() {
        isOpen.wait { isOpen in isOpen ? true : nil }
        // The next one waits for the same.
        isOpen.signal()
    }

    func open() {
        isOpen.withLock { $0 = true }
        isOpen.signal()
    }
}
