import Glibc

/// What stands at the other end of a descriptor.
struct Terminal: Sendable {
    /// Whether a person looks at it.
    var isInteractive: Bool
    /// In columns.
    var width: Int

    /// The terminal on a descriptor; 80 columns where it does not tell.
    init(_ descriptor: Int32) {
        isInteractive = isatty(descriptor) == 1
        var size = winsize()
        let isKnown = isInteractive && ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        width = isKnown ? Int(size.ws_col) : 80
    }

    init(isInteractive: Bool, width: Int) {
        self.isInteractive = isInteractive
        self.width = width
    }
}
