/// Why a call on a connection did not do what was asked.
enum SFTPFailure: Error, Sendable {
    /// The server answered; the connection is as good as before.
    case refused(SFTPStatus, call: String)
    /// The connection is gone; with what libssh says about it.
    case lost(String)
    /// Nothing moved for too long.
    case stalled
    /// The server says what nobody can understand.
    case malformed(call: String)
    /// The file ends before the bytes that it was said to have.
    case endedEarly

    /// Whether nothing more can be asked on the connection.
    var breaksConnection: Bool {
        switch self {
        case .refused, .endedEarly: false
        case .lost, .stalled, .malformed: true
        }
    }
}
