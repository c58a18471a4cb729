import CLibSSH

/// libssh, made ready once for all threads.
enum SSHLibrary {
    private static let started: Bool = ssh_init() == 0

    /// Whether sessions can be made.
    ///
    /// From then on each session may be used by any thread, one at a time; libcrypto below it locks for itself.
    static var isReady: Bool { started }
}
