import Glibc
import Testing

@testable import StowageKit

@Suite("ProgressLine")
struct ProgressLineTests {
    static let line = ProgressLine(
        label: "quiz-17.tar.gz", bytesDone: 33_030_144, bytesTotal: 73_400_320, bytesPerSecond: 12_582_912)

    @Test("A wide line has name, bar, percent, sizes and rate")
    func wide() {
        #expect(
            Self.line.rendered(width: 100)
                == "quiz-17.tar.gz               [############----------------]   45 %  31.5 MiB of 70.0 MiB  12.0 MiB/s"
        )
    }

    @Test("A line never exceeds its width and loses bar and name before its numbers", arguments: 0...140)
    func widths(_ width: Int) {
        let text = Self.line.rendered(width: width)
        #expect(text.count <= width)
        if width >= 45 { #expect(text.hasSuffix(" 45 %  31.5 MiB of 70.0 MiB  12.0 MiB/s")) }
    }

    @Test("A long name keeps its end")
    func longName() {
        let line = ProgressLine(label: String(repeating: "x", count: 300) + "-end.tar", bytesDone: 1, bytesTotal: 2)
        let text = line.rendered(width: 60)
        #expect(text.hasPrefix("…"))
        #expect(text.contains("-end.tar  "))
    }

    @Test(
        "The percentage is rounded down, and nothing divides by zero",
        arguments: [
            (0, 0, "100 %"), (0, 10, "0 %"), (999, 1000, "99 %"), (1000, 1000, "100 %"), (5000, 1000, "100 %"),
            (-5, 1000, "0 %"),
        ] as [(Int64, Int64, String)])
    func percent(done: Int64, total: Int64, expected: String) {
        let text = ProgressLine(label: "a", bytesDone: done, bytesTotal: total).rendered(width: 80)
        #expect(text.contains(" \(expected) ") || text.contains("]  \(expected) "))
    }

    @Test("Without a total there is no bar and no percentage")
    func unknownTotal() {
        let line = ProgressLine(label: "a", bytesDone: 2048, bytesTotal: nil, bytesPerSecond: .nan)
        #expect(line.rendered(width: 80) == "a  2.0 KiB")
    }

    @Test("A name cannot steer the terminal")
    func hostileName() {
        let text = ProgressLine(label: "a\u{1B}[2J\n\u{202E}b", bytesDone: 0, bytesTotal: 1).rendered(width: 80)
        #expect(text.hasPrefix("a?[2J??b "))
    }

    @Test(
        "Sizes are for people",
        arguments: [
            (0, "0 B"), (-1, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1536, "1.5 KiB"), (1_048_575, "1.0 MiB"),
            (73_400_320, "70.0 MiB"), (Int64.max, "8.0 EiB"),
        ] as [(Int64, String)])
    func sizes(bytes: Int64, expected: String) {
        #expect(ByteText.text(bytes) == expected)
    }
}

@Suite("Terminal")
struct TerminalTests {
    @Test("A pipe is no terminal and has 80 columns")
    func pipe() throws {
        var ends: [Int32] = [0, 0]
        try #require(Glibc.pipe(&ends) == 0)
        defer { for end in ends { close(end) } }
        let terminal = Terminal(ends[1])
        #expect(!terminal.isInteractive)
        #expect(terminal.width == 80)
    }

    @Test("A pseudo-terminal tells its width")
    func pseudoTerminal() throws {
        let master = open("/dev/ptmx", O_RDWR | O_NOCTTY)
        try #require(master >= 0)
        defer { close(master) }
        // TIOCSPTLCK and TIOCGPTN, which Swift does not import: what unlockpt and ptsname do.
        var isLocked: Int32 = 0
        var number: Int32 = 0
        try #require(ioctl(master, 0x4004_5431, &isLocked) == 0)
        try #require(ioctl(master, 0x8004_5430, &number) == 0)
        let name = "/dev/pts/\(number)"
        let terminal = open(name, O_RDWR | O_NOCTTY)
        try #require(terminal >= 0)
        defer { close(terminal) }
        var size = winsize(ws_row: 24, ws_col: 132, ws_xpixel: 0, ws_ypixel: 0)
        try #require(ioctl(terminal, UInt(TIOCSWINSZ), &size) == 0)
        #expect(Terminal(terminal).isInteractive)
        #expect(Terminal(terminal).width == 132)
    }
}
