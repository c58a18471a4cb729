import Sharing
import Glibc

/// Writes each line with one `write(2)`, so that lines of several processes on one pipe stay whole.
package final class DescriptorLogSink: LogSink {
    private struct State {
        var text = LogText()
        var dropped: Int64 = 0
    }

    private let descriptor: Int32
    private let format: LogFormat
    private let isColored: Bool
    private let millisecondsSinceEpoch: @Sendable () -> Int64
    private let state = Guarded(State())

    /// A sink to a descriptor that stays open as long as the sink lives.
    package init(
        descriptor: Int32 = STDERR_FILENO, format: LogFormat, isColored: Bool = false,
        millisecondsSinceEpoch: @escaping @Sendable () -> Int64 = DescriptorLogSink.wallClock
    ) {
        self.descriptor = descriptor
        self.format = format
        self.isColored = isColored
        self.millisecondsSinceEpoch = millisecondsSinceEpoch
    }

    /// Lines that could not be written: the reader is gone, or did not read for 100 ms.
    package var dropped: Int64 { state.withLock { $0.dropped } }

    package func write(_ line: LogLine) {
        let time = millisecondsSinceEpoch()
        state.withLock { state in
            state.text.bytes.removeAll(keepingCapacity: state.text.bytes.capacity <= 65_536)
            format.append(line, to: &state.text, millisecondsSinceEpoch: time, isColored: isColored)
            if !writeAll(state.text.bytes.span) { state.dropped += 1 }
        }
    }

    private func writeAll(_ bytes: Span<UInt8>) -> Bool {
        bytes.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let written = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if written > 0 {
                    rest = rest.dropFirst(written)
                } else if errno == EAGAIN {
                    var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    guard poll(&waiting, 1, 100) > 0 else { return false }
                } else if errno != EINTR {
                    return false
                }
            }
            return true
        }
    }

    package static func wallClock() -> Int64 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
    }
}
