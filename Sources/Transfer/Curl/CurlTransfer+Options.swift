import CCurl
import Glibc
import ServiceRuntime

/// What the library is told about a request.
extension CurlTransfer {
    func setOptions() throws(TransferError) {
        let request = exchange.request
        if let ftp = request.ftp { return try setFTPOptions(ftp) }
        // Signals belong to the process; a resolver that hangs is left behind, not waited for.
        for option in [CURLOPT_NOSIGNAL, CURLOPT_QUICK_EXIT, CURLOPT_TCP_KEEPALIVE, CURLOPT_SUPPRESS_CONNECT_HEADERS] {
            try set(option, 1)
        }
        try set(CURLOPT_URL, request.url.exposed)
        try set(CURLOPT_PATH_AS_IS, 1)
        try set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1)
        try set(CURLOPT_PROTOCOLS_STR, configuration.schemes.joined(separator: ","))
        try set(CURLOPT_FOLLOWLOCATION, 0)
        try set(CURLOPT_HTTP_CONTENT_DECODING, 0)
        try set(CURLOPT_HTTP_VERSION, request.httpVersion == .http1 ? CURL_HTTP_VERSION_1_1 : CURL_HTTP_VERSION_2TLS)
        try set(CURLOPT_BUFFERSIZE, 128 << 10)
        try set(CURLOPT_UPLOAD_BUFFERSIZE, 128 << 10)
        try set(CURLOPT_CONNECTTIMEOUT_MS, Int(max(1, limits.connect.milliseconds)))
        try set(CURLOPT_EXPECT_100_TIMEOUT_MS, Int(max(1, configuration.continueWait.milliseconds)))
        try set(CURLOPT_USERAGENT, configuration.userAgent)
        if request.url.scheme == "https" {
            try set(CURLOPT_MAXAGE_CONN, Int(max(1, configuration.idleTLS.milliseconds / 1000)))
        }
        shim_easy_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText)
        if let credentials = request.credentials {
            try set(CURLOPT_HTTPAUTH, SHIM_CURLAUTH_BASIC)
            try set(CURLOPT_USERNAME, credentials.user)
            try set(CURLOPT_PASSWORD, credentials.password.exposed)
        }
        try setMethod(request)
        try setHeaders(request)
        try setTLS()
        try setProxy()
    }

    private func setMethod(_ request: TransferRequest) throws(TransferError) {
        switch (request.method, request.body) {
        case ("HEAD", _): try set(CURLOPT_NOBODY, 1)
        case ("GET", _): try set(CURLOPT_HTTPGET, 1)
        case (_, nil) where !["PUT", "POST", "PATCH"].contains(request.method):
            try set(CURLOPT_HTTPGET, 1)
            try set(CURLOPT_CUSTOMREQUEST, request.method)
        case (_, let body):
            try set(CURLOPT_UPLOAD, 1)
            try set(CURLOPT_CUSTOMREQUEST, request.method)
            let size: Int64 =
                switch body {
                case nil: 0
                case .bytes(let bytes): Int64(bytes.count)
                case .stream(_, let size): size ?? -1
                }
            try check(shim_easy_set_size(easy, CURLOPT_INFILESIZE_LARGE, curl_off_t(size)))
        }
    }

    private func setHeaders(_ request: TransferRequest) throws(TransferError) {
        var lines = request.headers.fields.map { field in
            // With a colon the library would take an empty field out instead.
            field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)"
        }
        lines.append(request.expectsContinue && request.body != nil ? "Expect: 100-continue" : "Expect:")
        for line in lines {
            guard let list = curl_slist_append(headerList, line) else {
                throw TransferError(.unexpected, "out of memory")
            }
            headerList = list
        }
        shim_easy_set_pointer(easy, CURLOPT_HTTPHEADER, headerList)
    }

    func setTLS() throws(TransferError) {
        let tls = configuration.tls
        for option in [CURLOPT_SSLVERSION, CURLOPT_PROXY_SSLVERSION] { try set(option, CURL_SSLVERSION_TLSv1_2) }
        for option in [CURLOPT_SSL_VERIFYPEER, CURLOPT_PROXY_SSL_VERIFYPEER] { try set(option, 1) }
        for option in [CURLOPT_SSL_VERIFYHOST, CURLOPT_PROXY_SSL_VERIFYHOST] { try set(option, 2) }
        if let authorities = tls.authorities {
            for option in [CURLOPT_CAINFO, CURLOPT_PROXY_CAINFO] { try set(option, authorities) }
            // Those of the system are not trusted besides.
            for option in [CURLOPT_CAPATH, CURLOPT_PROXY_CAPATH] { try check(shim_easy_set_text(easy, option, nil)) }
        }
        if let certificate = tls.certificate { try set(CURLOPT_SSLCERT, certificate) }
        if let key = tls.key ?? tls.certificate { try set(CURLOPT_SSLKEY, key) }
        if let password = tls.keyPassword { try set(CURLOPT_KEYPASSWD, password.exposed) }
    }

    func setProxy() throws(TransferError) {
        // Said in any case: else the library looks for one in the environment.
        try set(CURLOPT_PROXY, configuration.proxy?.url.exposed ?? "")
        try set(CURLOPT_NOPROXY, "")
        guard let credentials = configuration.proxy?.credentials else { return }
        try set(CURLOPT_PROXYAUTH, SHIM_CURLAUTH_BASIC)
        try set(CURLOPT_PROXYUSERNAME, credentials.user)
        try set(CURLOPT_PROXYPASSWORD, credentials.password.exposed)
    }

    func set(_ option: CURLoption, _ value: Int) throws(TransferError) {
        try check(shim_easy_set_number(easy, option, value))
    }

    func set(_ option: CURLoption, _ value: String) throws(TransferError) {
        try check(shim_easy_set_text(easy, option, value))
    }

    func check(_ code: CURLcode) throws(TransferError) {
        guard code != CURLE_OK else { return }
        throw TransferError(.unexpected, "libcurl lacks an option: \(String(cString: curl_easy_strerror(code)))")
    }
}
