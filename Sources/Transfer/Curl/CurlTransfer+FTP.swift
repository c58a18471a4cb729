import CCurl
import Glibc
import ServiceRuntime

/// What is different where the request is one of FTP.
extension CurlTransfer {
    func setFTPOptions(_ ftp: FTPInstructions) throws(TransferError) {
        let request = exchange.request
        for option in [CURLOPT_NOSIGNAL, CURLOPT_QUICK_EXIT, CURLOPT_TCP_KEEPALIVE, CURLOPT_DISALLOW_USERNAME_IN_URL] {
            try set(option, 1)
        }
        try set(CURLOPT_URL, request.url.exposed)
        try set(CURLOPT_PATH_AS_IS, 1)
        try set(CURLOPT_PROTOCOLS_STR, configuration.schemes.joined(separator: ","))
        try set(CURLOPT_BUFFERSIZE, 128 << 10)
        try set(CURLOPT_UPLOAD_BUFFERSIZE, 128 << 10)
        try set(CURLOPT_CONNECTTIMEOUT_MS, Int(max(1, limits.connect.milliseconds)))
        // Where libcurl waits for an answer without turning back to the loop, this is what ends it.
        try set(CURLOPT_SERVER_RESPONSE_TIMEOUT, Int(max(1, (limits.stall.milliseconds + 999) / 1000)))
        shim_easy_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText)
        try set(CURLOPT_USERNAME, ftp.user)
        try set(CURLOPT_PASSWORD, ftp.password)
        // Paths are absolute and go into the commands as they are.
        try set(CURLOPT_FTP_FILEMETHOD, Int(CURLFTPMETHOD_NOCWD.rawValue))
        try set(CURLOPT_FTP_SKIP_PASV_IP, 1)
        // Not with TLS: where a server refuses a file and closes the data connection within its handshake, 7.88 takes that for
        // a failure of EPSV, sends PASV before it has read the refusal, and is one answer behind from then on.
        try set(CURLOPT_FTP_USE_EPSV, ftp.isSecure ? 0 : 1)
        try setFTPSecurity(ftp)
        try setProxy()
        let isNew = ftp.session.needsConnection()
        if isNew {
            try set(CURLOPT_FRESH_CONNECT, 1)
            ftp.record.beginSession(commands: ftp.sessionCommands.count)
        }
        // With an asterisk a refusal ends neither the transfer nor the connection; the record has it.
        if isNew { for command in ftp.sessionCommands { try append("*" + command.line, to: &headerList) } }
        for command in ftp.actions.before {
            try append((ftp.actions.stopsAtRefusal ? "" : "*") + command.line, to: &headerList)
        }
        shim_easy_set_pointer(easy, CURLOPT_QUOTE, headerList)
        for command in ftp.actions.after { try append("*" + command.line, to: &postquoteList) }
        shim_easy_set_pointer(easy, CURLOPT_POSTQUOTE, postquoteList)
        try setAct(ftp.actions.act)
        setFTPCallbacks(ftp)
        if ftp.actions.act != .commands { multi.opening = ftp.session }
    }

    private func setAct(_ act: FTPActions.Act) throws(TransferError) {
        switch act {
        case .commands: try set(CURLOPT_NOBODY, 1)
        case .upload(let offset):
            try set(CURLOPT_UPLOAD, 1)
            var size: Int64 = -1
            if case .stream(_, let known?) = exchange.request.body { size = known }
            try check(shim_easy_set_size(easy, CURLOPT_INFILESIZE_LARGE, curl_off_t(size)))
            try restart(at: offset)
        case .download(let offset):
            // Else it asks for the size first; the answer at the end says whether all has come.
            try set(CURLOPT_IGNORE_CONTENT_LENGTH, 1)
            try restart(at: offset)
        case .list(let verb): try set(CURLOPT_CUSTOMREQUEST, verb)
        }
    }

    /// Not by `CURLOPT_RESUME_FROM_LARGE`, which makes `APPE` of an upload: that adds to whatever stands there by then.
    ///
    /// Without an asterisk: where the server refuses, nothing is sent after it.
    private func restart(at offset: Int64) throws(TransferError) {
        guard offset > 0 else { return }
        try append("REST \(offset)", to: &prequoteList)
        shim_easy_set_pointer(easy, CURLOPT_PREQUOTE, prequoteList)
    }

    private func setFTPSecurity(_ ftp: FTPInstructions) throws(TransferError) {
        try setTLS()
        // At most 1.2. With 1.3 a server sends session tickets on the data connection, which nobody reads while a file goes
        // up: closing it with them unread resets it, and servers lose what they had not read (docs/decisions/0017).
        try set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2) | Int(CURL_SSLVERSION_MAX_TLSv1_2))
        shim_easy_set_pointer(easy, CURLOPT_SHARE, try multi.sharedSessions())
        guard ftp.isSecure else { return }
        try set(CURLOPT_USE_SSL, Int(CURLUSESSL_ALL.rawValue))
        try set(CURLOPT_FTPSSLAUTH, Int(CURLFTPAUTH_TLS.rawValue))
    }

    private func setFTPCallbacks(_ ftp: FTPInstructions) {
        // Kept as long as the connections, which call back when they close.
        multi.keeper = ftp.session
        shim_easy_set_pointer(
            easy, CURLOPT_CLOSESOCKETDATA, Unmanaged.passUnretained(ftp.session).toOpaque())
        shim_easy_set_closesocket(easy) { session, socket in
            guard let session else { return close(socket) }
            return Unmanaged<FTPSession>.fromOpaque(session).takeUnretainedValue().close(socket)
        }
        // Unretained like those of `setCallbacks`.
        shim_easy_set_pointer(easy, CURLOPT_DEBUGDATA, Unmanaged.passUnretained(self).toOpaque())
        shim_easy_set_debug(easy) { _, kind, bytes, count, this in
            guard kind == CURLINFO_HEADER_OUT, let this else { return 0 }
            let line = UnsafeRawBufferPointer(start: bytes, count: count)
            Unmanaged<CurlTransfer>.fromOpaque(this).takeUnretainedValue().exchange.request.ftp?.record.sent(line)
            return 0
        }
        shim_easy_set_number(easy, CURLOPT_VERBOSE, 1)
    }

    private func append(
        _ line: String, to list: inout UnsafeMutablePointer<curl_slist>?
    ) throws(TransferError) {
        guard let longer = curl_slist_append(list, line) else { throw TransferError(.unexpected, "out of memory") }
        list = longer
    }

    func takeReplyLine(_ line: UnsafeRawBufferPointer, _ ftp: FTPInstructions) throws(TransferError) {
        guard let (verb, reply) = try ftp.record.received(line) else { return }
        if reply.isPreliminary { multi.opening = nil }
        switch ftp.actions.act {
        case .download where verb == "RETR" && reply.isPreliminary,
            .list where reply.isPreliminary:
            announce(TransferHead(status: reply.code, httpVersion: ""))
        default: break
        }
    }

    /// Whether the server has said something while it was to listen: it takes no more.
    ///
    /// Asked before each piece: what it said would be lost with the connection when sending fails.
    func isInterrupted(_ ftp: FTPInstructions) -> Bool {
        guard case .upload = ftp.actions.act else { return false }
        if !isCutShort { isCutShort = ftp.session.hasInterrupted }
        return isCutShort
    }

    func allows(_ peer: TransferAddress, _ host: String, _ ftp: FTPInstructions) -> Bool {
        configuration.allowsAddress(peer, host)
            && (isControl(peer) || ftp.session.allowsData(to: peer))
    }

    func noteSocket(_ socket: Int32, to peer: TransferAddress, _ ftp: FTPInstructions) {
        guard socket >= 0 else { return }
        ftp.session.opened(socket, control: isControl(peer) ? peer : nil)
    }

    private func isControl(_ peer: TransferAddress) -> Bool { peer.port == exchange.request.url.port }

    func outcome(_ code: CURLcode, _ ftp: FTPInstructions) -> Result<Void, TransferError> {
        ftp.session.touch()
        guard code == CURLE_OK, failure == nil else {
            // Whoever has not come to a clean end may be behind with the answers: nothing more is asked over it.
            ftp.session.drop()
            if let failure { return .failure(failure) }
            if code == CURLE_COULDNT_CONNECT, addressesRefused > 0, addressesTried == 0 {
                return .failure(TransferError(.addressRefused, "the host has no address that may be connected to"))
            }
            return .failure(TransferError(ftp: code, said: String(cString: errorText)))
        }
        if isCutShort { return .failure(TransferError(.peerClosed, "the server has ended the transfer early")) }
        if head == nil { announce(TransferHead(status: ftp.record.entries.last?.answer?.code ?? 200, httpVersion: "")) }
        return .success(())
    }
}

extension TransferError {
    /// What libcurl's codes mean for FTP; the server's reply, where there is one, says more.
    fileprivate init(ftp code: CURLcode, said: String) {
        switch code {
        case CURLE_USE_SSL_FAILED: self.init(.tls, "the server offers no TLS")
        case CURLE_OPERATION_TIMEDOUT: self.init(.timeout, "the server did not answer in time")
        case CURLE_PARTIAL_FILE: self.init(.peerClosed, "the transfer ended before its last byte")
        case CURLE_FTP_WEIRD_PASV_REPLY, CURLE_FTP_WEIRD_227_FORMAT, CURLE_FTP_CANT_GET_HOST:
            self.init(.protocol, "the server opens no data connection that makes sense", isRetryable: true)
        case CURLE_WEIRD_SERVER_REPLY, CURLE_FTP_WEIRD_PASS_REPLY, CURLE_UNSUPPORTED_PROTOCOL:
            self.init(.protocol, "what came is not FTP as it should be")
        case CURLE_LOGIN_DENIED, CURLE_REMOTE_ACCESS_DENIED, CURLE_QUOTE_ERROR, CURLE_UPLOAD_FAILED,
            CURLE_REMOTE_DISK_FULL, CURLE_REMOTE_FILE_NOT_FOUND, CURLE_FTP_COULDNT_RETR_FILE,
            CURLE_FTP_COULDNT_SET_TYPE:
            self.init(.protocol, "the server refused")
        default: self.init(code, said: said)
        }
    }
}
