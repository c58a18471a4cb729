import CCurl
import ServiceRuntime

/// A running exchange: the library's handle for it, and what its callbacks have seen.
///
/// Belongs to the loop thread. A class because callbacks know it by its address, until `end` takes it out of the set.
final class CurlTransfer {
    let exchange: Exchange
    let easy: UnsafeMutableRawPointer
    let multi: CurlMulti
    let configuration: TransferConfiguration
    let limits: TransferLimits
    let startedAt = EventLoopThread.now
    /// Where the library writes what it has to say about a failure.
    let errorText: UnsafeMutablePointer<CChar>
    var headerList: UnsafeMutablePointer<curl_slist>?
    var prequoteList: UnsafeMutablePointer<curl_slist>?
    var postquoteList: UnsafeMutablePointer<curl_slist>?

    var parser: HeadParser
    var head: TransferHead?
    /// A head after which the library may ask once more by itself (417): only the end shows that it was the last one.
    var doubtfulHead: TransferHead?
    /// Why a callback has ended the transfer; counts instead of the library's code.
    var failure: TransferError?
    var addressesRefused = 0
    var addressesTried = 0
    var isReceivePaused = false
    var isSendPaused = false
    /// FTP: the server takes no more of the upload.
    var isCutShort = false
    var lastProgress = EventLoopThread.now
    var isTouched = false
    private var observed = TransferProgress()
    private var isEnded = false

    init(_ exchange: Exchange, _ configuration: TransferConfiguration, _ multi: CurlMulti) throws(TransferError) {
        guard let easy = curl_easy_init() else { throw TransferError(.unexpected, "out of memory") }
        self.exchange = exchange
        self.easy = easy
        self.multi = multi
        self.configuration = configuration
        limits = exchange.request.limits ?? configuration.limits
        parser = HeadParser(limit: configuration.headerBytes)
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        try setOptions()
        setCallbacks()
        guard curl_multi_add_handle(multi.handle, easy) == CURLM_OK else {
            throw TransferError(.unexpected, "libcurl does not take the transfer")
        }
    }

    deinit {
        end()
        errorText.deallocate()
    }

    /// Takes it out: nothing calls back any more, and its connection is kept only where its answer was complete.
    func end() {
        guard !isEnded else { return }
        isEnded = true
        multi.opening = nil
        curl_multi_remove_handle(multi.handle, easy)
        curl_easy_cleanup(easy)
        for list in [headerList, prequoteList, postquoteList] { curl_slist_free_all(list) }
        (headerList, prequoteList, postquoteList) = (nil, nil, nil)
    }

    func touch() {
        lastProgress = EventLoopThread.now
        if isTouched { return }
        isTouched = true
        multi.touched.append(self)
    }

    /// Tells the task, and whoever observes, what is new.
    func flush() {
        isTouched = false
        if isSendPaused, let head, head.status >= 300 {
            // The rest is not wanted any more; held back, it would keep the answer from ending.
            isSendPaused = false
            curl_easy_pause(easy, isReceivePaused ? CURLPAUSE_RECV : 0)
        }
        if let observe = exchange.request.observe {
            let progress = exchange.progress
            if progress != observed { observe(progress) }
            observed = progress
        }
        exchange.flush()
    }

    /// Lifts what the task does not hold back any more.
    func resume() {
        if let error = exchange.bodyFailure { failure = failure ?? error }
        let pauses = exchange.pauses
        let receive = isReceivePaused && pauses.receive
        let send = isSendPaused && pauses.send && failure == nil
        guard receive != isReceivePaused || send != isSendPaused else { return }
        isReceivePaused = receive
        isSendPaused = send
        lastProgress = EventLoopThread.now
        curl_easy_pause(easy, (receive ? CURLPAUSE_RECV : 0) | (send ? CURLPAUSE_SEND : 0))
    }

    /// When its limits are to be looked at.
    var deadline: Int64 {
        let stall = lastProgress + limits.stall.milliseconds
        return limits.total.map { min(stall, startedAt + $0.milliseconds) } ?? stall
    }

    /// Which of its limits it has passed.
    func passedLimit(at now: Int64) -> TransferError? {
        if let total = limits.total, now >= startedAt + total.milliseconds {
            return TransferError(.timeout, "the transfer took longer than allowed", mayHaveSent: mayHaveSent)
        }
        guard now >= lastProgress + limits.stall.milliseconds else { return nil }
        // Ours to wait: the reader is slow, or the source, unless the server has answered before it had everything.
        if isReceivePaused || isSendPaused && head == nil {
            lastProgress = now
            return nil
        }
        return TransferError(.timeout, "no byte has passed for too long", mayHaveSent: mayHaveSent)
    }

    var mayHaveSent: Bool {
        var bytes = 0
        shim_easy_get_number(easy, CURLINFO_REQUEST_SIZE, &bytes)
        return bytes > 0 || exchange.progress.sent > 0
    }
}
