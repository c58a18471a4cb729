#if SFTP
    import Testing

    @testable import SFTPDriver

    /// What is on its way, without a server.
    @Suite("SFTP: windows of reads and writes")
    struct SFTPWindowTests {
        /// Answers reads from `bytes`, at most `most` at once; returns what came and how the last step ended.
        private func download(
            _ window: DownloadWindow, from bytes: [UInt8], most: Int
        ) -> (bytes: [UInt8], asked: Int, widest: Int, last: DownloadWindow.Step?) {
            var window = window
            var (got, asked, widest, id) = ([UInt8](), 0, 0, UInt32(0))
            var open: [UInt32: SFTPRequest] = [:]
            func send(_ requests: [SFTPRequest]) {
                for request in requests {
                    id += 1
                    open[id] = request
                    window.note(id, request)
                    asked += 1
                }
                widest = max(widest, open.count)
            }
            send(window.requests())
            while let next = window.awaited, case .read(_, let offset, let count)? = open.removeValue(forKey: next) {
                let start = Int(offset)
                let reply: SFTPReply =
                    start >= bytes.count
                    ? .status(SFTPStatus(code: SFTPStatus.end))
                    : .data(bytes[start..<min(bytes.count, start + min(most, Int(count)))])
                let (step, again) = window.take(reply)
                guard case .bytes(let more) = step else { return (got, asked, widest, step) }
                got += more
                if let again { send([again]) }
                send(window.requests())
            }
            return (got, asked, widest, nil)
        }

        @Test("all bytes of a range come in order, however short the answers", arguments: [1, 7, 10, 100])
        func order(most: Int) {
            let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0) }
            for range in [0..<1000, 3..<997, 10..<11, 5..<5, 999..<1000] as [Range<UInt64>] {
                let window = DownloadWindow([1], range, partBytes: 10)
                let result = download(window, from: bytes, most: most)
                #expect(result.bytes == Array(bytes[Int(range.lowerBound)..<Int(range.upperBound)]))
                #expect(result.last == nil)
                if most >= 10 { #expect(result.asked == (range.count + 9) / 10) }
            }
        }

        @Test("more is asked for the more has come, within bounds")
        func width() {
            let bytes = [UInt8](repeating: 1, count: 100_000)
            let short = download(DownloadWindow([1], 0..<30, partBytes: 10), from: bytes, most: 10)
            #expect(short.widest == 2)
            let long = download(DownloadWindow([1], 0..<100_000, partBytes: 10), from: bytes, most: 10)
            #expect(long.widest == 128 && long.bytes.count == 100_000)
        }

        @Test("a file that ends early, and answers that are none, are told apart from bytes")
        func wrongAnswers() {
            let result = download(DownloadWindow([1], 0..<100, partBytes: 10), from: [1, 2, 3], most: 10)
            #expect(result.bytes == [1, 2, 3] && result.last == .endedEarly)
            let table: [(SFTPReply, DownloadWindow.Step)] = [
                (.data([]), .malformed), (.data([UInt8](repeating: 0, count: 11)[...]), .malformed),
                (.handle([1]), .malformed), (.status(SFTPStatus(code: 0)), .malformed),
                (.status(SFTPStatus(code: 3)), .refused(SFTPStatus(code: 3))),
            ]
            for (reply, step) in table {
                var window = DownloadWindow([1], 0..<100, partBytes: 10)
                for (index, request) in window.requests().enumerated() { window.note(UInt32(index), request) }
                #expect(window.take(reply).step == step)
            }
        }

        @Test("an upload goes out in parts behind each other, and waits for answers once much is on its way")
        func upload() {
            var window = UploadWindow([1], at: 5, partBytes: 1 << 20)
            var (id, awaited) = (UInt32(0), [UInt32]())
            for _ in 0..<6 {
                let requests = window.requests(for: [UInt8](repeating: 0, count: 3 << 19))
                let sizes = requests.map { request -> Int in
                    if case .write(_, _, let data) = request { data.count } else { 0 }
                }
                #expect(sizes == [1 << 20, 1 << 19])
                for request in requests {
                    id += 1
                    window.note(id, request)
                    while let next = window.awaited(all: false) { awaited.append(next) }
                }
            }
            // 9 MiB in all, 4 MiB may be open.
            #expect(awaited == Array(1...7) && window.offset == 5 + 9 << 20)
            while let next = window.awaited(all: true) { awaited.append(next) }
            #expect(awaited == Array(1...12))
            #expect(window.requests(for: []).isEmpty)
        }
    }
#endif
