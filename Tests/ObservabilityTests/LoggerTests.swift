import Glibc
import Observability
import Synchronization
import Testing
import TestSupport

@Suite("Logger")
struct LoggerTests {
    @Test("Lines below the level are neither written nor made")
    func level() {
        let sink = RecordingLogSink()
        let logger = Logger(sink: sink, level: .warning)
        let made = Atomic(0)
        func field() -> [LogField] {
            made.add(1, ordering: .relaxed)
            return [LogField("a", 1)]
        }
        logger.info("no", field())
        logger.warning("yes", field())
        logger.error("yes too")
        #expect(sink.messages == ["yes", "yes too"])
        #expect(made.load(ordering: .relaxed) == 1)
        #expect(logger.writes(.error) && !logger.writes(.info))
    }

    @Test("Context comes before the fields of a line")
    func context() {
        let sink = RecordingLogSink()
        sink.logger.with(LogField("task.id", "t")).with(LogField("driver.name", "d")).info("m", [LogField("x", 1)])
        #expect(
            sink.lines == [
                LogLine(
                    level: .info, message: "m",
                    fields: [LogField("task.id", "t"), LogField("driver.name", "d"), LogField("x", 1)])
            ])
    }

    @Test("Values are cut to 2 KiB where a scalar begins", arguments: ["a", "é", "中", "😀"])
    func cut(_ scalar: String) {
        let whole = String(repeating: scalar, count: 4096)
        let value = LogField("k", whole).value
        #expect((LogField.longestValue - 3...LogField.longestValue).contains(value.utf8.count))
        #expect(value.hasSuffix("…"))
        #expect(whole.utf8.starts(with: value.dropLast().utf8))
    }

    @Test("A value of exactly 2 KiB stays whole")
    func whole() {
        let value = String(repeating: "x", count: LogField.longestValue)
        #expect(LogField("k", value).value == value)
    }
}

@Suite("DescriptorLogSink", .timeLimit(.minutes(1)))
struct DescriptorLogSinkTests {
    private func pipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [0, 0]
        try #require(Glibc.pipe(&ends) == 0)
        // A process that another test starts would keep the writing end open, and the reader waiting.
        for end in ends { try #require(fcntl(end, F_SETFD, FD_CLOEXEC) == 0) }
        return (ends[0], ends[1])
    }

    private func text(_ descriptor: Int32) -> String {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while case let count = read(descriptor, &chunk, chunk.count), count > 0 { bytes += chunk[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test("Lines of many threads stay whole, and none is lost")
    func wholeLines() async throws {
        let (read, write) = try pipe()
        let sink = DescriptorLogSink(descriptor: write, format: .json, millisecondsSinceEpoch: { 0 })
        let reader = Task.detached { self.text(read) }
        await withTaskGroup { group in
            for number in 0..<200 {
                group.addTask {
                    Logger(sink: sink).info(
                        "line", [LogField("n", number), LogField("x", String(repeating: "y", count: number * 10))])
                }
            }
        }
        close(write)
        let lines = await reader.value.split(separator: "\n")
        close(read)
        let expected = (0..<200).map { number in
            #"{"time":"1970-01-01T00:00:00.000Z","level":"info","message":"line","n":"\#(number)","x":""#
                + String(repeating: "y", count: number * 10) + #""}"#
        }
        #expect(Set(lines.map(String.init)) == Set(expected))
        #expect(lines.count == 200)
        #expect(sink.dropped == 0)
    }

    @Test("A reader that does not read costs lines, not the process")
    func stuckReader() throws {
        let (read, write) = try pipe()
        defer {
            close(read)
            close(write)
        }
        // `fcntl` with a third argument is variadic in C; `F_SETPIPE_SZ` is not needed: 64 KiB fill fast.
        let flags = fcntl(write, F_GETFL)
        #expect(fcntl(write, F_SETFL, flags | O_NONBLOCK) == 0)
        let sink = DescriptorLogSink(descriptor: write, format: .json)
        var count = 0
        while sink.dropped == 0, count < 10_000 {
            sink.write(
                LogLine(level: .info, message: "m", fields: [LogField("x", String(repeating: "y", count: 2000))]))
            count += 1
        }
        #expect(sink.dropped == 1)
    }

    @Test("A descriptor that is closed costs lines, not the process")
    func closed() {
        let sink = DescriptorLogSink(descriptor: -1, format: .text)
        sink.write(LogLine(level: .error, message: "m", fields: []))
        #expect(sink.dropped == 1)
    }
}
