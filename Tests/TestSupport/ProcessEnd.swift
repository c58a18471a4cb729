import Glibc

/// The end of the process that runs the tests.
///
/// Tests leave drivers behind that nobody closed; their threads still end connections when the process goes. OpenSSL takes
/// itself apart at `exit`, under them, and the heap breaks: the process dies of a signal although every test has passed.
package enum ProcessEnd {
    /// Asked for once, `exit` runs nothing that was registered before, and keeps its status.
    package static let isSudden: Void = {
        // OpenSSL registers with its first use; what was registered last runs first.
        if let symbol = dlsym(nil, "OPENSSL_init_crypto") {
            typealias Initialisation = @convention(c) (UInt64, OpaquePointer?) -> CInt
            _ = unsafeBitCast(symbol, to: Initialisation.self)(0, nil)
        }
        on_exit(
            { status, _ in
                fflush(nil)
                _exit(status)
            }, nil)
    }()
}
