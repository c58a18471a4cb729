import CLibSSH
import Glibc
import Storage

/// A session of libssh over a socket of ours, until it has been freed.
///
/// Its calls block; only one thread at a time has it.
struct SSHSession: ~Copyable {
    let handle: ssh_session

    /// For what is said before a channel is open, each step.
    private static let stepSeconds = 30
    /// Those that processors are fast at come first.
    private static let ciphers =
        "aes128-gcm@openssh.com,aes256-gcm@openssh.com,chacha20-poly1305@openssh.com,aes256-ctr,aes192-ctr,aes128-ctr"

    private init() throws(StorageError) {
        guard SSHLibrary.isReady, let session = ssh_new() else {
            throw SFTPErrors.unusable("libssh cannot be used", key: "type")
        }
        handle = session
    }

    /// Agrees on keys with the server at the other end of `socket`, of which nothing is believed yet.
    ///
    /// Nothing of the machine's own configuration is read: no `ssh_config`, no keys, no known hosts but the ones named.
    /// `hostKeys`: the types of keys that the server may show; `nil`: all that are good.
    static func connect(
        _ socket: SSHSocket, _ configuration: SFTPConfiguration, hostKeys: String?
    ) throws(StorageError) -> SSHSession {
        let made = try SSHSession()
        let session = made.handle
        let descriptor = socket.duplicate()
        guard descriptor >= 0 else { throw SFTPErrors.unreachable("the process has no descriptor left") }
        let known = configuration.knownHostsFile ?? "/dev/null"
        let codes = [
            shim_ssh_set_flag(session, SSH_OPTIONS_PROCESS_CONFIG, false),
            shim_ssh_set_text(session, SSH_OPTIONS_HOST, configuration.host),
            shim_ssh_set_port(session, UInt32(configuration.port)),
            shim_ssh_set_text(session, SSH_OPTIONS_USER, configuration.user),
            shim_ssh_set_text(session, SSH_OPTIONS_KNOWNHOSTS, known),
            shim_ssh_set_text(session, SSH_OPTIONS_GLOBAL_KNOWNHOSTS, "/dev/null"),
            shim_ssh_set_text(session, SSH_OPTIONS_CIPHERS_C_S, Self.ciphers),
            shim_ssh_set_text(session, SSH_OPTIONS_CIPHERS_S_C, Self.ciphers),
            shim_ssh_set_text(session, SSH_OPTIONS_COMPRESSION, "no"),
            shim_ssh_set_seconds(session, SSH_OPTIONS_TIMEOUT, Self.stepSeconds),
            hostKeys.map { shim_ssh_set_text(session, SSH_OPTIONS_HOSTKEYS, $0) } ?? SSH_OK,
            shim_ssh_set_number(session, SSH_OPTIONS_FD, descriptor),
        ]
        guard codes.allSatisfy({ $0 == SSH_OK }) else {
            close(descriptor)
            throw SFTPErrors.unusable("libssh does not take the configuration: \(made.words)", key: "host")
        }
        let began = ContinuousClock.now
        guard ssh_connect(session) == SSH_OK else {
            throw made.failure("the server and we could not agree on how to talk", since: began)
        }
        // libssh has made it blocking: a peer that takes no more would hold the thread in the kernel.
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        return made
    }

    deinit {
        ssh_disconnect(handle)
        ssh_free(handle)
    }

    /// What a call of libssh that has failed means; `began`: when it was made.
    func failure(_ message: String, since began: ContinuousClock.Instant = .now) -> StorageError {
        // It says so in words only.
        let hasStalled = began.duration(to: .now) >= .seconds(Self.stepSeconds)
        return (hasStalled ? SFTPErrors.stalled(message) : SFTPErrors.unreachable(message)).with("reason", words)
    }

    /// What libssh says about the last error; it holds what the server said.
    var words: String { SFTPErrors.plain(String(cString: ssh_get_error(UnsafeMutableRawPointer(handle)))) }
}
