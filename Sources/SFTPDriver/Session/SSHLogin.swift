import CLibSSH
import ServiceRuntime
import Storage

/// How we prove who we are.
struct SSHLogin: Sendable {
    var privateKey: SSHPrivateKey?
    var password: Secret?
    /// The socket of an agent.
    var agent: String?

    /// Reads the private key; blocks.
    init(_ configuration: SFTPConfiguration, agent: String?) throws(StorageError) {
        self.agent = agent
        if let file = configuration.privateKeyFile {
            privateKey = try SSHPrivateKey(file: file, passphrase: configuration.passphrase)
        }
        password = configuration.password
    }

    /// Tries what is configured, in the order key, password, or the agent where nothing is; a server may ask for two.
    func logIn(_ session: borrowing SSHSession) throws(StorageError) {
        let handle = session.handle
        let began = ContinuousClock.now
        var outcome = SSH_AUTH_DENIED
        func isDone(_ next: ssh_auth_e) throws(StorageError) -> Bool {
            switch next {
            case SSH_AUTH_SUCCESS: return true
            case SSH_AUTH_PARTIAL, SSH_AUTH_DENIED:
                outcome = next
                return false
            default: throw session.failure("the connection broke while logging in", since: began)
            }
        }
        if let privateKey {
            let code = privateKey.withCopy { key in ssh_userauth_publickey(handle, nil, key) }
            if try isDone(ssh_auth_e(code)) { return }
        }
        if let password {
            if try isDone(ssh_auth_e(ssh_userauth_password(handle, nil, password.exposed))) { return }
            let offered = UInt32(bitPattern: ssh_userauth_list(handle, nil))
            if offered & SSH_AUTH_METHOD_INTERACTIVE != 0 {
                if try isDone(interactive(handle, password)) { return }
            }
        }
        if privateKey == nil, password == nil, let agent {
            shim_ssh_set_text(handle, SSH_OPTIONS_IDENTITY_AGENT, agent)
            if try isDone(ssh_auth_e(ssh_userauth_agent(handle, nil))) { return }
        }
        throw SFTPErrors.refused(
            outcome == SSH_AUTH_PARTIAL
                ? "the server wants more than it was shown to let the user in" : Self.words(for: self),
            offered: Self.names(UInt32(bitPattern: ssh_userauth_list(handle, nil))))
    }

    /// Answers every question that is not to be shown with the password; some servers ask in a second round for nothing.
    private func interactive(_ handle: ssh_session, _ password: Secret) -> ssh_auth_e {
        var result = ssh_auth_e(ssh_userauth_kbdint(handle, nil, nil))
        var rounds = 0
        while result == SSH_AUTH_INFO, rounds < 3 {
            rounds += 1
            for index in 0..<max(0, ssh_userauth_kbdint_getnprompts(handle)) {
                var echo: CChar = 0
                _ = ssh_userauth_kbdint_getprompt(handle, UInt32(index), &echo)
                // Whoever wants to see the answer asks for something else than the password.
                let answer = echo == 0 ? password.exposed : ""
                ssh_userauth_kbdint_setanswer(handle, UInt32(index), answer)
            }
            result = ssh_auth_e(ssh_userauth_kbdint(handle, nil, nil))
        }
        return result == SSH_AUTH_INFO ? SSH_AUTH_DENIED : result
    }

    private static func words(for login: SSHLogin) -> String {
        switch (login.privateKey, login.password) {
        case (nil, nil) where login.agent == nil:
            "no password, no private key and no agent (SSH_AUTH_SOCK) to log in with"
        case (nil, nil): "no password or private key is configured, and the server accepts no key of the agent"
        case (nil, _): "the server does not accept the user with this password"
        case (_, nil): "the server does not accept the user with this key"
        default: "the server accepts the user neither with this key nor with this password"
        }
    }

    private static func names(_ methods: UInt32) -> String {
        let all = [
            (SSH_AUTH_METHOD_PASSWORD, "password"), (SSH_AUTH_METHOD_PUBLICKEY, "publickey"),
            (SSH_AUTH_METHOD_INTERACTIVE, "keyboard-interactive"), (SSH_AUTH_METHOD_HOSTBASED, "hostbased"),
            (SSH_AUTH_METHOD_GSSAPI_MIC, "gssapi-with-mic"),
        ]
        return all.filter { methods & $0.0 != 0 }.map(\.1).joined(separator: ", ")
    }
}
