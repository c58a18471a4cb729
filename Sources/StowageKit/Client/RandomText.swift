package import StowageContract

/// Texts that nobody can guess, from the system's random numbers.
package enum RandomText {
    private static let letters = Array(
        "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-_".unicodeScalars)

    /// A key for replies: 32 characters of 64, so 192 bits; whoever knows it can read them.
    package static var replyKey: String { text(32, of: letters[...]) }

    /// An application id of this process alone, so that it can ask for its own events only.
    package static var app: String { "cli-" + text(16, of: letters[..<36]) }

    /// An id for a task: a UUID of version 7, so that ids sort by time.
    package static func taskID(now: Timestamp) -> TaskID {
        let moment = UInt64(clamping: now.millisecondsSinceEpoch)
        var generator = SystemRandomNumberGenerator()
        let high = moment << 16 | 0x7000 | generator.next() & 0x0FFF
        let low = 0x8000_0000_0000_0000 | generator.next() >> 2
        let digits = hexadecimal(high) + hexadecimal(low)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if [8, 12, 16, 20].contains(index) { text.append("-") }
            text.append(digit)
        }
        guard let id = TaskID(text) else { preconditionFailure("a UUID is a task id") }
        return id
    }

    private static func hexadecimal(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    private static func text(_ count: Int, of letters: ArraySlice<Unicode.Scalar>) -> String {
        var generator = SystemRandomNumberGenerator()
        var text = String.UnicodeScalarView()
        for _ in 0..<count { text.append(letters[Int.random(in: letters.indices, using: &generator)]) }
        return String(text)
    }
}
