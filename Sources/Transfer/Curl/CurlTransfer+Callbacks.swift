import CCurl
import Glibc

/// What the library calls while a transfer runs, always on the loop thread.
extension CurlTransfer {
    func setCallbacks() {
        // Unretained: `end`, which the engine calls before it lets go, is the last one to call back.
        let this = Unmanaged.passUnretained(self).toOpaque()
        for option in [
            CURLOPT_WRITEDATA, CURLOPT_HEADERDATA, CURLOPT_READDATA, CURLOPT_OPENSOCKETDATA, CURLOPT_PREREQDATA,
        ] {
            shim_easy_set_pointer(easy, option, this)
        }
        shim_easy_set_mover(easy, CURLOPT_HEADERFUNCTION) { bytes, size, count, this in
            CurlTransfer.at(this).takeHeaderLine(UnsafeRawBufferPointer(start: bytes, count: size * count))
        }
        shim_easy_set_mover(easy, CURLOPT_WRITEFUNCTION) { bytes, size, count, this in
            CurlTransfer.at(this).takeBytes(UnsafeRawBufferPointer(start: bytes, count: size * count))
        }
        shim_easy_set_mover(easy, CURLOPT_READFUNCTION) { bytes, size, count, this in
            CurlTransfer.at(this).giveBytes(UnsafeMutableRawBufferPointer(start: bytes, count: size * count))
        }
        shim_easy_set_opensocket(easy) { this, _, address in
            CurlTransfer.at(this).openSocket(address)
        }
        // Once for every time that the request goes out.
        shim_easy_set_prereq(easy) { this, _, _, _, _ in
            CurlTransfer.at(this).exchange.noteAttempt()
            return CURL_PREREQFUNC_OK
        }
    }

    private static func at(_ pointer: UnsafeMutableRawPointer?) -> CurlTransfer {
        guard let pointer else { preconditionFailure("a callback without its data") }
        return Unmanaged<CurlTransfer>.fromOpaque(pointer).takeUnretainedValue()
    }

    /// Any other number than that of the bytes ends the transfer.
    private func takeHeaderLine(_ line: UnsafeRawBufferPointer) -> Int {
        touch()
        do throws(TransferError) {
            if let ftp = exchange.request.ftp {
                try takeReplyLine(line, ftp)
                return line.count
            }
            guard case .head(let head) = try parser.take(line) else { return line.count }
            if head.status == 417, exchange.request.expectsContinue {
                doubtfulHead = head
            } else {
                doubtfulHead = nil
                announce(head)
            }
            return line.count
        } catch {
            failure = error
            return -1
        }
    }

    func announce(_ head: TransferHead) {
        self.head = head
        exchange.setHead(head)
    }

    /// The answer is complete: a head that might have been followed by another one was the last.
    func settleHead() {
        if head == nil, let doubtfulHead { announce(doubtfulHead) }
    }

    private func takeBytes(_ bytes: UnsafeRawBufferPointer) -> Int {
        touch()
        // What explains an Expect that was refused is of no use.
        if doubtfulHead != nil { return bytes.count }
        if exchange.receive(bytes) { return bytes.count }
        isReceivePaused = true
        return Int(CURL_WRITEFUNC_PAUSE)
    }

    private func giveBytes(_ target: UnsafeMutableRawBufferPointer) -> Int {
        touch()
        if let error = exchange.bodyFailure { failure = failure ?? error }
        guard failure == nil else { return Int(CURL_READFUNC_ABORT) }
        if let ftp = exchange.request.ftp, isInterrupted(ftp) { return 0 }
        switch exchange.give(into: target) {
        case .bytes(let count): return count
        case .end: return 0
        case .wait:
            isSendPaused = true
            return Int(CURL_READFUNC_PAUSE)
        case .short:
            failure = TransferError(.requestBody, "the body has fewer bytes than was said")
            return Int(CURL_READFUNC_ABORT)
        }
    }

    private func openSocket(_ address: UnsafeMutablePointer<curl_sockaddr>?) -> curl_socket_t {
        guard let address, let peer = TransferAddress(address) else { return -1 }
        let host = configuration.proxy?.url.host ?? exchange.request.url.host
        let ftp = exchange.request.ftp
        guard ftp.map({ allows(peer, host, $0) }) ?? configuration.allowsAddress(peer, host) else {
            addressesRefused += 1
            return -1
        }
        addressesTried += 1
        let kind = address.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(address.pointee.family, kind, address.pointee.protocol)
        if let ftp { noteSocket(descriptor, to: peer, ftp) }
        return descriptor
    }
}

extension TransferAddress {
    /// `nil` for anything but IP.
    fileprivate init?(_ address: UnsafeMutablePointer<curl_sockaddr>) {
        guard let offset = MemoryLayout<curl_sockaddr>.offset(of: \.addr) else { return nil }
        // The structure goes on behind its declared end, for as long as it says.
        let start = UnsafeRawPointer(address) + offset
        let length = Int(address.pointee.addrlen)
        switch address.pointee.family {
        case AF_INET where length >= MemoryLayout<sockaddr_in>.size:
            let peer = start.loadUnaligned(as: sockaddr_in.self)
            self.init(
                bytes: withUnsafeBytes(of: peer.sin_addr) { Array($0) }, port: Int(UInt16(bigEndian: peer.sin_port)))
        case AF_INET6 where length >= MemoryLayout<sockaddr_in6>.size:
            let peer = start.loadUnaligned(as: sockaddr_in6.self)
            self.init(
                bytes: withUnsafeBytes(of: peer.sin6_addr) { Array($0) }, port: Int(UInt16(bigEndian: peer.sin6_port)))
        default: return nil
        }
    }
}
