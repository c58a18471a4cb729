/// What a request asks of an FTP server.
struct FTPActions: Sendable {
    enum Act: Sendable, Equatable {
        /// Nothing but commands.
        case commands
        /// `REST` where the offset is not 0, then `STOR`.
        case upload(offset: Int64)
        /// The same with `RETR`.
        case download(offset: Int64)
        /// `MLSD` or `LIST`, with its options.
        case list(verb: String)
    }

    var act: Act
    /// Before it, each whether or not those before it succeeded.
    var before: [FTPCommand] = []
    /// Behind it, where it has succeeded, in the same way.
    var after: [FTPCommand] = []
    /// The first of `before` that is refused ends the request, and the connection.
    var stopsAtRefusal = false
}

/// What makes a request one of FTP.
struct FTPInstructions: Sendable {
    var actions: FTPActions
    /// The first commands on every connection; whether they succeed does not matter.
    var sessionCommands: [FTPCommand] = []
    var user: String
    var password: String
    /// Nothing is said in the clear but `AUTH TLS`, and no data goes in the clear.
    var isSecure: Bool
    var session: FTPSession
    var record: FTPRecord
}
