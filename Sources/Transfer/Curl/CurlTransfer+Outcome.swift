import CCurl

/// What a transfer that the library has ended comes to.
extension CurlTransfer {
    /// Whether all that was tried were kept connections whose ends had not been noticed, with nothing of a body gone.
    ///
    /// Libcurl replaces such a connection by itself, but only five times for a request (`CONN_MAX_RETRIES`), and more may be
    /// kept. With TLS it does not see that one has ended: what it takes for life is the server's goodbye.
    func hasOnlyMetDead(_ code: CURLcode) -> Bool {
        code == CURLE_SEND_ERROR && failure == nil && head == nil && exchange.request.ftp == nil
            && exchange.progress.sent == 0 && String(cString: errorText).hasPrefix("Connection died, tried")
    }

    func outcome(_ code: CURLcode) -> Result<Void, TransferError> {
        if let ftp = exchange.request.ftp { return outcome(code, ftp) }
        if var failure {
            failure.mayHaveSent = mayHaveSent
            return .failure(failure)
        }
        guard code == CURLE_OK else {
            if code == CURLE_COULDNT_CONNECT, addressesRefused > 0, addressesTried == 0 {
                return .failure(TransferError(.addressRefused, "the host has no address that may be connected to"))
            }
            var error = TransferError(code, said: String(cString: errorText))
            error.mayHaveSent = mayHaveSent
            return .failure(error)
        }
        settleHead()
        guard let head else {
            return .failure(
                TransferError(.peerClosed, "the peer closed within the head of its answer", mayHaveSent: mayHaveSent))
        }
        guard head.status >= 300 || exchange.isSent else {
            return .failure(
                TransferError(.protocol, "the server said yes before it had the whole request", mayHaveSent: true))
        }
        return .success(())
    }
}

extension TransferError {
    /// The one place that reads libcurl's codes.
    ///
    /// `said` are the library's own words, kept only where they are about names, connections and certificates.
    init(_ code: CURLcode, said: String) {
        let detail = said.isEmpty ? String(cString: curl_easy_strerror(code)) : said
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: self.init(.resolve, detail)
        case CURLE_COULDNT_CONNECT, CURLE_PROXY: self.init(.connect, detail)
        case CURLE_OPERATION_TIMEDOUT: self.init(.timeout, "no connection in time")
        // A balancer that restarts breaks handshakes as well as one that will never agree.
        case CURLE_SSL_CONNECT_ERROR: self.init(.tls, detail, isRetryable: true)
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER, CURLE_SSL_CACERT_BADFILE,
            CURLE_SSL_CRL_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_PINNEDPUBKEYNOTMATCH,
            CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CLIENTCERT, CURLE_SSL_ENGINE_NOTFOUND, CURLE_USE_SSL_FAILED:
            self.init(.tls, detail)
        case CURLE_RECV_ERROR where said.hasPrefix("CONNECT "): self.init(.connect, detail)
        // With TLS 1.3 a server refuses our certificate, or its lack, only after the handshake.
        case CURLE_RECV_ERROR where said.contains("SSL routines") && said.contains(" alert "): self.init(.tls, detail)
        case CURLE_PARTIAL_FILE: self.init(.peerClosed, "the answer ended before its last byte")
        case CURLE_GOT_NOTHING, CURLE_RECV_ERROR: self.init(.peerClosed, "the peer closed before its answer ended")
        case CURLE_SEND_ERROR, CURLE_SEND_FAIL_REWIND: self.init(.peerClosed, "the peer closed within the request")
        // RST_STREAM, GOAWAY: a server that is busy or restarts.
        case CURLE_HTTP2, CURLE_HTTP2_STREAM: self.init(.protocol, "HTTP/2 failed", isRetryable: true)
        case CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL, CURLE_BAD_CONTENT_ENCODING:
            self.init(.protocol, "what came is not HTTP as it should be")
        // Only a line of a header block may be too large for it.
        case CURLE_OUT_OF_MEMORY: self.init(.tooLarge, "a header line is larger than allowed")
        case CURLE_URL_MALFORMAT: self.init(.invalidRequest, "libcurl does not take the URL")
        default: self.init(.unexpected, String(cString: curl_easy_strerror(code)))
        }
    }
}
